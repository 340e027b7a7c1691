import { sql } from "@castellan/database";
import { isFault } from "@castellan/kernel";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findings, newServer, openStores, type TestStores } from "../testing.ts";

let stores: TestStores;

beforeAll(async () => {
  stores = await openStores();
});

afterAll(() => stores[Symbol.asyncDispose]());

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "done";
  } catch (error) {
    return isFault(error) ? error.code : `defect: ${String(error)}`;
  }
}

test("what is added is found; its headers are named, and only unsealed on demand", async () => {
  const { servers, database } = stores;
  const headers = { authorization: "Bearer s3cret-value", "x-team": "grüße" };
  const added = await servers.add(newServer("billing", { headers, allowPrivate: ["10.0.0.0/8"] }));
  const found = await servers.get("billing");
  expect(found.server).toEqual(added);
  expect(found).toMatchObject({
    server: {
      slug: "billing",
      url: "https://billing.example/mcp",
      headerNames: ["authorization", "x-team"],
      allowPrivate: ["10.0.0.0/8"],
      clientFeatures: [],
      uiHosts: [],
      revision: 1,
    },
    state: { status: "waiting", skipped: [] },
  });
  expect(await servers.headersOf(added.id)).toEqual(headers);
  const dumped = await database.query<{ dump: string }>(sql`
    select s::text || encode(coalesce(sealed_headers, ''), 'escape') as dump from servers s`);
  expect(JSON.stringify([dumped, found])).not.toMatch(/s3cret|grüße/);
});

test("what is changed is changed, the rest stays, and only other features are another revision", async () => {
  const { servers } = stores;
  await servers.add(newServer("asking", { clientFeatures: ["roots", "sampling"], uiHosts: ["a.example"] }));
  const change = async (change: Parameters<typeof servers.change>[1]) => {
    const { title, clientFeatures, uiHosts, revision } = (await servers.change("asking", change)).server;
    return [title, clientFeatures, uiHosts, revision];
  };
  expect(await change({ title: "Asking" })).toEqual(["Asking", ["sampling", "roots"], ["a.example"], 1]);
  expect(await change({ uiHosts: ["b.example"] })).toEqual([
    "Asking",
    ["sampling", "roots"],
    ["b.example"],
    1,
  ]);
  expect(await change({ clientFeatures: ["sampling", "roots"] })).toMatchObject({ 3: 1 });
  expect(await change({ clientFeatures: ["roots", "elicitation_url"], title: "A" })).toEqual([
    "A",
    ["elicitation_url", "roots"],
    ["b.example"],
    2,
  ]);
  expect(await change({ clientFeatures: [], uiHosts: [] })).toEqual(["A", [], [], 3]);
  expect(await codeOf(servers.change("nobody", { title: "x" }))).toBe("server_unknown");
});

test("a change reaches the catalog of each replica", async () => {
  const { servers } = stores;
  const { catalog, flush } = await stores.openReplica();
  await servers.add(newServer("told"));
  await servers.change("told", { clientFeatures: ["sampling"] });
  await flush();
  expect(catalog.find("told")?.server).toMatchObject({ clientFeatures: ["sampling"], revision: 2 });
});

test("sealed headers open at their own server only", async () => {
  const { servers, database } = stores;
  const one = await servers.add(newServer("one", { headers: { authorization: "a" } }));
  const two = await servers.add(newServer("two", { headers: { authorization: "b" } }));
  await database.query(sql`
    update servers set sealed_headers = (select sealed_headers from servers where id = ${one.id}) where id = ${two.id}`);
  expect(await codeOf(servers.headersOf(two.id))).toBe("vault_open_failed");
  await servers.remove("two");
});

test("a slug twice is refused, also at the same moment, and leaves nothing", async () => {
  const codes = await Promise.all([1, 2, 3].map(() => codeOf(stores.servers.add(newServer("twice")))));
  expect(codes.toSorted()).toEqual(["done", "server_slug_taken", "server_slug_taken"]);
  expect((await stores.servers.list()).filter(({ server }) => server.slug === "twice")).toHaveLength(1);
});

test("a server that is removed is gone with all that was known of it", async () => {
  const { servers, definitions, database } = stores;
  const { id } = await servers.add(newServer("gone"));
  await definitions.saveSync(id, findings(["a"]));
  await servers.remove("gone");
  expect(await codeOf(servers.get("gone"))).toBe("server_unknown");
  expect(await codeOf(servers.remove("gone"))).toBe("server_unknown");
  expect(await servers.findByIds([id])).toEqual([]);
  expect(await servers.headersOf(id)).toEqual({});
  expect(await database.query(sql`select 1 from definitions where server_id = ${id}`)).toEqual([]);
});

test("a sync's end is written for a server that exists, and for no other", async () => {
  const { servers, definitions } = stores;
  const { id } = await servers.add(newServer("synced"));
  await definitions.saveSync(id, findings(["b", "a"], { skipped: ["tool 1: no"] }));
  expect((await servers.get("synced")).state).toMatchObject({
    status: "ready",
    latencyMs: 2,
    skipped: ["tool 1: no"],
    modern: { helloText: '{"n":1E400}' },
    legacy: undefined,
  });
  const [b, a] = (await definitions.findByServers([id])).get(id) ?? [];
  expect([b?.text, a?.text]).toEqual(['{ "name":"b", "n":1E400 }', '{ "name":"a", "n":1E400 }']);

  await definitions.saveFailure(id, { code: "upstream_timeout", message: "late\0 and broken \ud800" });
  expect((await servers.get("synced")).state).toMatchObject({
    status: "stale",
    error: { code: "upstream_timeout", message: "late␀ and broken �" },
    modern: { helloText: '{"n":1E400}' },
  });
  expect((await definitions.findByServers([id])).get(id)).toHaveLength(2);

  await servers.remove("synced");
  await definitions.saveSync(id, findings(["c"]));
  await definitions.saveFailure(id, { code: "upstream_timeout", message: "late" });
  expect(await definitions.findByServers([id])).toEqual(new Map());
});

test("a first sync that fails leaves the server in error", async () => {
  const { servers, definitions } = stores;
  const { id } = await servers.add(newServer("broken"));
  await definitions.saveFailure(id, { code: "upstream_refused", message: "no" });
  expect((await servers.get("broken")).state).toMatchObject({ status: "error", syncedAt: undefined });
});
