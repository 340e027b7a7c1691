/** All of a document or nothing, whatever others do at that moment. */
import { type Database } from "@castellan/database";
import { afterAll, beforeEach, expect, test } from "vitest";
import type { ConfigurationDocument } from "./document/document.ts";
import {
  faultOf,
  maps,
  openInstallation,
  plainly,
  secrets,
  toDocument,
  versionsOf,
  weather,
} from "./testing.ts";

const house = await openInstallation();
afterAll(() => house[Symbol.asyncDispose]());
beforeEach(() => house.empty());

test("a failure in the middle leaves nothing", async () => {
  await house.portals.add({
    slug: "taken" as never,
    title: "Taken",
    naming: "prefixed",
    hostname: "mcp.example.com",
    servers: [],
  });
  const before = await versionsOf(house);
  const document = toDocument({
    servers: { weather, maps },
    portals: { a: { servers: ["maps"] }, b: { hostname: "mcp.example.com" } },
  });
  expect(await faultOf(house.configuration.apply(document, { ...plainly, secrets }))).toMatchObject({
    code: "hostname_taken",
    field: "portals.b.hostname",
  });
  expect(await versionsOf(house)).toEqual(before);
});

test("a portal needs servers that are there afterwards, and a URL one that may be called", async () => {
  const plan = (rest: object) => faultOf(house.configuration.plan(toDocument(rest), plainly));
  expect(await plan({ portals: { p: { servers: ["maps"] } } })).toMatchObject({
    code: "server_unknown",
    field: "portals.p.servers[0]",
  });
  expect(await plan({ servers: { a: { url: "http://10.0.0.1/mcp" } } })).toMatchObject({
    code: "outbound_refused",
    field: "servers.a.url",
  });
});

test("a plan that somebody has changed something under is not applied", async () => {
  const document = toDocument({ servers: { maps }, portals: { p: { servers: ["maps"] } } });
  await house.configuration.apply(document, plainly);
  const next = toDocument({ servers: { maps }, portals: { p: { title: "P", servers: ["maps"] } } });
  const { basis } = await house.configuration.plan(next, plainly);
  await house.portals.change("p", { instructions: "Mine" });
  expect(await faultOf(house.configuration.apply(next, { ...plainly, basis }))).toMatchObject({
    code: "version_stale",
    field: "basis",
  });
  expect(await house.portals.get("p")).toMatchObject({ title: "p", instructions: "Mine" });
  const { basis: fresh } = await house.configuration.plan(next, plainly);
  await house.configuration.apply(next, { ...plainly, basis: fresh });
  expect(await house.portals.get("p")).toMatchObject({ title: "P", instructions: "" });
});

test("two that apply at once do so one after the other", async () => {
  const document = (title: string) =>
    toDocument({ servers: { maps: { ...maps, title } }, portals: { p: { title, servers: ["maps"] } } });
  await house.configuration.apply(document("0"), plainly);
  await Promise.all(["1", "2", "3", "4"].map((title) => house.configuration.apply(document(title), plainly)));
  const { server } = await house.servers.get("maps");
  expect(server.version).toBe(5);
  expect((await house.portals.get("p")).title).toBe(server.title);
});

test("host names move between portals", async () => {
  const document = (a: string, b: string) =>
    toDocument({ portals: { a: { hostname: a }, b: { hostname: b } } });
  await house.configuration.apply(document("a.example.com", "b.example.com"), plainly);
  await house.configuration.apply(document("b.example.com", "a.example.com"), plainly);
  expect([(await house.portals.get("a")).hostname, (await house.portals.get("b")).hostname]).toEqual([
    "b.example.com",
    "a.example.com",
  ]);
  const moved = toDocument({
    portals: { c: { hostname: "a.example.com" }, a: { hostname: "b.example.com" } },
  });
  await house.configuration.apply(moved, { ...plainly, prune: true });
  expect((await house.portals.get("c")).hostname).toBe("a.example.com");
});

test("500 servers and 50 portals are read by as many statements as one", async () => {
  const servers = Object.fromEntries(
    Array.from({ length: 500 }, (_, n) => [`s${n}`, { ...weather, title: `S ${n}` }]),
  );
  const portals = Object.fromEntries(
    Array.from({ length: 50 }, (_, n) => [
      `p${n}`,
      { servers: Array.from({ length: 100 }, (_, m) => `s${n + m}`) },
    ]),
  );
  const counted = countStatements(house.database);
  const configuration = house.configurationOn(counted);
  const cost = async (document: ConfigurationDocument) => {
    const before = counted.statements;
    expect((await configuration.plan(document, { ...plainly, secrets })).changes).toEqual([]);
    const { servers: exported = {} } = await configuration.export("main");
    expect(Object.keys(exported)).toHaveLength(Object.keys(document.servers).length);
    return counted.statements - before;
  };
  const one = toDocument({ servers: { maps } });
  await configuration.apply(one, plainly);
  const costOfOne = await cost(one);
  const many = toDocument({ servers: { ...servers, maps }, portals });
  await configuration.apply(many, { ...plainly, secrets });
  expect(await cost(many)).toBe(costOfOne);
  expect(costOfOne).toBeLessThan(30);
});

function countStatements(database: Database): Database & { readonly statements: number } {
  let statements = 0;
  return {
    get statements() {
      return statements;
    },
    connection: database.connection,
    query: (statement) => {
      statements += 1;
      return database.query(statement);
    },
    transaction: (run) =>
      database.transaction((tx) =>
        run({
          query: (statement) => {
            statements += 1;
            return tx.query(statement);
          },
        }),
      ),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
