/** Whose a resource is: what a document takes over, and what it removes. */
import { sql, withinTransaction } from "@castellan/database";
import { afterAll, beforeEach, expect, test } from "vitest";
import { faultOf, maps, openInstallation, plainly, toDocument, versionsOf } from "./testing.ts";

const house = await openInstallation();
afterAll(() => house[Symbol.asyncDispose]());
beforeEach(() => house.empty());

test("prune removes what the same file made and no longer names, and nothing else", async () => {
  const apply = (name: string, rest: object, prune = false) =>
    house.configuration.apply(toDocument({ name, ...rest }), { ...plainly, prune });
  await apply("main", { servers: { a: maps, b: maps }, portals: { p: { servers: ["a", "b"] }, q: {} } });
  await apply("other", { servers: { c: maps }, portals: { r: {} } });
  await house.servers.add({
    slug: "d" as never,
    title: "d",
    url: new URL(maps.url),
    headers: {},
    allowPrivate: [],
  });

  const next = { servers: { a: maps }, portals: { p: { servers: ["a"] } } };
  await apply("main", next);
  expect(await versionsOf(house)).toHaveLength(7);
  const { changes } = await apply("main", next, true);
  expect(changes).toEqual([
    { kind: "server", slug: "b", action: "remove", fields: [] },
    { kind: "portal", slug: "q", action: "remove", fields: [] },
  ]);
  expect((await versionsOf(house)).map((what) => what.split(" ").slice(0, 2).join(" "))).toEqual([
    "portal p",
    "portal r",
    "server a",
    "server c",
    "server d",
  ]);
});

test("a server that another's portal has is not pruned", async () => {
  await house.configuration.apply(toDocument({ servers: { a: maps } }), plainly);
  await house.configuration.apply(toDocument({ name: "other", portals: { p: { servers: ["a"] } } }), plainly);
  const empty = toDocument({});
  expect(await faultOf(house.configuration.apply(empty, { ...plainly, prune: true }))).toMatchObject({
    code: "resource_in_use",
    data: { server: "a", portal: "p" },
  });
  expect((await house.portals.get("p")).servers).toEqual(["a"]);
});

test("a server that comes into another's portal at that moment is not pruned", async () => {
  await house.configuration.apply(toDocument({ servers: { a: maps } }), plainly);
  await house.configuration.apply(toDocument({ name: "other", portals: { p: {} } }), plainly);
  const prune = { ...plainly, prune: true };
  const pruned = await house.database.transaction(async (tx) => {
    const { portals } = house.storesOn(withinTransaction(tx, house.database));
    await portals.putServer("p", "a");
    const pruning = faultOf(house.configuration.apply(toDocument({}), prune));
    await expect
      .poll(() =>
        house.database.query(
          sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        ),
      )
      .toHaveLength(1);
    return { pruning };
  });
  expect(await pruned.pruning).toMatchObject({ code: "resource_in_use", data: { server: "a", portal: "p" } });
  expect((await house.portals.get("p")).servers).toEqual(["a"]);
});

test("what others made is taken over when it is wanted, or when it is made by hand and stays as it is", async () => {
  const make = (document: object, adopt: boolean) =>
    house.configuration.apply(toDocument(document), { ...plainly, adopt });
  await house.servers.add({
    slug: "a" as never,
    title: "a",
    url: new URL(maps.url),
    headers: {},
    allowPrivate: [],
  });
  await house.portals.add({ slug: "p" as never, title: "Mine", naming: "prefixed", servers: ["a"] });
  const document = { servers: { a: maps }, portals: { p: { servers: ["a"] } } };
  expect(await faultOf(make(document, false))).toMatchObject({
    code: "resource_not_managed",
    field: "portals.p",
    data: { resources: [{ kind: "portal", slug: "p", managedBy: undefined }] },
  });
  const same = { servers: { a: maps }, portals: { p: { title: "Mine", servers: ["a"] } } };
  expect((await make(same, false)).changes).toEqual([
    { kind: "server", slug: "a", action: "update", fields: [{ path: "managedBy", after: "main" }] },
    { kind: "portal", slug: "p", action: "update", fields: [{ path: "managedBy", after: "main" }] },
  ]);
  expect((await faultOf(make({ ...same, name: "other" }, false))).data).toEqual({
    resources: [
      { kind: "server", slug: "a", managedBy: "main" },
      { kind: "portal", slug: "p", managedBy: "main" },
    ],
  });
  await make({ ...document, name: "other" }, true);
  expect(await house.portals.get("p")).toMatchObject({ title: "p", managedBy: "other" });
});
