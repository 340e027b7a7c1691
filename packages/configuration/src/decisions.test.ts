/** Approvals and rejections that a document names. */
import { sql } from "@castellan/database";
import { afterAll, beforeEach, expect, test } from "vitest";
import { maps, openInstallation, plainly, print, toDocument } from "./testing.ts";

const house = await openInstallation();
afterAll(() => house[Symbol.asyncDispose]());
beforeEach(() => house.empty());

test("what is approved ahead of the first sync is live after it; anything else waits", async () => {
  const definition = (name: string) => ({
    kind: "tool" as const,
    name,
    publicName: `maps_${name}`,
    text: `{"name":"${name}","inputSchema":{"type":"object"}}`,
  });
  const sync = async (...names: string[]) => {
    const { server } = await house.servers.get("maps");
    await house.definitions.saveSync(server.id, {
      definitions: names.map(definition),
      skipped: [],
      latencyMs: 1,
      modern: { helloText: "{}" },
      legacy: undefined,
    });
    const listed = await house.definitions.findByServers([server.id]);
    return (listed.get(server.id) ?? []).map(({ name, review, class: can }) => [name, review, can]);
  };
  await house.configuration.apply(toDocument({ servers: { maps } }), plainly);
  await sync("route", "near");
  const { fingerprint } = (await house.reviews.list("maps")).definitions[0] ?? { fingerprint: "" };
  await house.database.query(sql`truncate servers cascade`);

  const approvals = { tools: { route: { fingerprint, class: "read" }, gone: { fingerprint: print("a") } } };
  const document = toDocument({ servers: { maps: { ...maps, approvals } } });
  const { changes } = await house.configuration.apply(document, plainly);
  expect(changes[0]?.fields).toContainEqual({
    path: "approvals.tools.route",
    after: { fingerprint, class: "read" },
  });
  expect(await sync("route", "near")).toEqual([
    ["route", "approved", "read"],
    ["near", "new", "destructive"],
  ]);
  expect((await house.configuration.apply(document, plainly)).changes).toEqual([]);

  const fewer = toDocument({ servers: { maps: { ...maps, approvals: { tools: {} } } } });
  await house.configuration.apply(fewer, plainly);
  expect(await sync("route")).toEqual([["route", "new", "destructive"]]);
  // A document that says nothing of approvals leaves them alone.
  await house.configuration.apply(document, plainly);
  await house.configuration.apply(toDocument({ servers: { maps } }), plainly);
  expect(await sync("route")).toEqual([["route", "approved", "read"]]);
});

test("what is rejected is as the document says, and no setting accepts it", async () => {
  const rejections = { tools: { route: print("c") } };
  const document = toDocument({ servers: { maps: { ...maps, autoAccept: ["tool"], rejections } } });
  expect((await house.configuration.apply(document, plainly)).changes[0]?.fields).toContainEqual({
    path: "rejections.tools.route",
    after: print("c"),
  });
  const { server } = await house.servers.get("maps");
  const text = '{"name":"route","inputSchema":{"type":"object"}}';
  const sync = async () => {
    await house.definitions.saveSync(server.id, {
      definitions: [{ kind: "tool", name: "route", publicName: "maps_route", text }],
      skipped: [],
      latencyMs: 1,
      modern: { helloText: "{}" },
      legacy: undefined,
    });
    return (await house.definitions.findByServers([server.id])).get(server.id)?.[0];
  };
  const found = await sync();
  // Another of its name was rejected: a person decides.
  expect(found?.review).toBe("new");
  const exact = { tools: { route: found?.fingerprint } };
  const rejected = toDocument({ servers: { maps: { ...maps, autoAccept: ["tool"], rejections: exact } } });
  await house.configuration.apply(rejected, plainly);
  expect((await sync())?.review).toBe("rejected");
  expect((await house.configuration.apply(rejected, plainly)).changes).toEqual([]);
  // Left out it is left alone, and taken back it is accepted as anything else.
  await house.configuration.apply(
    toDocument({ servers: { maps: { ...maps, autoAccept: ["tool"] } } }),
    plainly,
  );
  expect((await sync())?.review).toBe("rejected");
  const none = toDocument({ servers: { maps: { ...maps, autoAccept: ["tool"], rejections: {} } } });
  await house.configuration.apply(none, plainly);
  expect((await sync())?.review).toBe("accepted");
  // What the setting accepted while it stood is approved once it no longer does.
  const narrow = toDocument({ servers: { maps } });
  await house.configuration.apply(narrow, plainly);
  expect((await house.configuration.export("main")).servers?.["maps"]?.approvals).toEqual({
    tools: { route: { fingerprint: found?.fingerprint } },
  });
  await house.configuration.apply(toDocument({ servers: { maps: { ...maps, approvals: {} } } }), plainly);
  expect((await sync())?.review).toBe("new");
});

test("what a setting accepts needs no approval in a document, and one that it has overtaken is no change", async () => {
  const approvals = { tools: { route: { fingerprint: print("b") } } };
  const document = toDocument({ servers: { maps: { ...maps, autoAccept: ["tool"], approvals } } });
  await house.configuration.apply(document, plainly);
  const { server } = await house.servers.get("maps");
  const text = '{"name":"route","inputSchema":{"type":"object"}}';
  await house.definitions.saveSync(server.id, {
    definitions: [{ kind: "tool", name: "route", publicName: "maps_route", text }],
    skipped: [],
    latencyMs: 1,
    modern: { helloText: "{}" },
    legacy: undefined,
  });
  expect((await house.configuration.plan(document, plainly)).changes).toEqual([]);
  expect((await house.configuration.export("main")).servers?.["maps"]).toEqual({
    url: maps.url,
    autoAccept: ["tool"],
  });
});
