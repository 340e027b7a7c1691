import { sql, withinTransaction } from "@castellan/database";
import { type Id } from "@castellan/kernel";
import { afterAll, beforeAll, expect, test } from "vitest";
import { codeOf, findings, newServer, openStores, type TestStores } from "../testing.ts";
import type { StoredServer } from "./server-row.ts";
import type { ServerPage } from "./server-store.ts";
import type { Server, ServerChange } from "./server.ts";

let stores: TestStores;

beforeAll(async () => {
  stores = await openStores();
});

afterAll(() => stores[Symbol.asyncDispose]());

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
      description: "",
      transport: "auto",
      headerRefs: {},
      clientFeatures: [],
      uiHosts: [],
      autoAccept: [],
      limits: {},
      syncIntervalSeconds: undefined,
      managedBy: undefined,
      revision: 1,
      version: 1,
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

const everyField = {
  title: "T",
  description: "What it is for",
  url: new URL("https://full.example/other"),
  transport: "sse",
  headers: { "x-a": "1" },
  headerRefs: { "x-a": { secretRef: "env:A", prefix: "Bearer " } },
  allowPrivate: ["10.0.0.0/8"],
  clientFeatures: ["roots"],
  uiHosts: ["a.example"],
  autoAccept: ["tool", "instructions"],
  limits: { callsPerMinute: 5, perPerson: { concurrency: 2 }, tools: { t: { timeoutSeconds: 9 } } },
  syncIntervalSeconds: 60,
  managedBy: "platform",
} as const satisfies ServerChange;

/** What is shown of `everyField`. */
const { headers: _, ...shownFields } = { ...everyField, url: everyField.url.href, headerNames: ["x-a"] };

test("every field can be given at once or later, and a change that changes nothing leaves the version", async () => {
  const { servers } = stores;
  await servers.add(newServer("full", everyField));
  expect((await servers.get("full")).server).toMatchObject({ ...shownFields, version: 1 });

  await servers.add(newServer("plain", { url: new URL("https://full.example/mcp") }));
  const changed = (await servers.change("plain", everyField)).server;
  expect(changed).toMatchObject({ ...shownFields, version: 2, revision: 2 });
  expect(changed.updatedAt.getTime()).toBeGreaterThan(changed.createdAt.getTime());
  expect((await servers.change("plain", everyField)).server).toEqual(changed);
  const reordered = {
    autoAccept: ["instructions", "tool", "tool"],
    limits: reverse(everyField.limits),
  } as const;
  expect((await servers.change("plain", reordered)).server).toEqual(changed);
  expect((await servers.change("plain", {})).server).toEqual(changed);

  const cleared = await servers.change("plain", { syncIntervalSeconds: null, managedBy: null, limits: {} });
  expect(cleared.server).toMatchObject({
    syncIntervalSeconds: undefined,
    managedBy: undefined,
    limits: {},
    version: 3,
    revision: 2,
  });
});

function reverse<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).toReversed()) as T;
}

test.each<[ServerChange, boolean]>([
  [{ url: new URL("https://lines.example/elsewhere") }, true],
  [{ transport: "streamable-http" }, true],
  [{ headers: { "x-b": "2" } }, true],
  [{ headers: { "x-a": "another value" } }, true],
  [{ allowPrivate: ["192.168.0.1"] }, true],
  [{ clientFeatures: ["sampling"] }, true],
  [{ title: "Lines" }, false],
  [{ description: "d" }, false],
  [{ autoAccept: ["tool"] }, false],
  [{ limits: { concurrency: 1 } }, false],
  [{ syncIntervalSeconds: 60 }, false],
])("a change of %o: lines are opened anew: %s", async (change, isOtherLine) => {
  const { servers, definitions } = stores;
  const { id } = await servers.add(newServer("lines", { headers: { "x-a": "1" } }));
  await definitions.saveSync(id, findings([]));
  const { server, state } = await servers.change("lines", change);
  expect([server.revision, server.version]).toEqual([isOtherLine ? 2 : 1, 2]);
  // What it may ask of clients changes nothing about what it offers.
  expect(state.isOutdated).toBe(isOtherLine && change.clientFeatures === undefined);
  await definitions.saveFailure(id, { code: "upstream_timeout", message: "late" });
  expect((await servers.get("lines")).state.isOutdated).toBe(false);
  await servers.remove("lines");
});

test("of two writers the second is refused, and nothing of what it wanted is done", async () => {
  const { servers, database } = stores;
  await servers.add(newServer("shared"));
  const writers = ["A", "B"].map((title) => codeOf(servers.change("shared", { title, limits: {} }, 1)));
  expect((await Promise.all(writers)).toSorted()).toEqual(["done", "version_stale"]);
  const { server } = await servers.get("shared");
  expect(server.version).toBe(2);

  const changes = () => database.query(sql`select 1 from changes where topic = 'servers'`);
  const told = (await changes()).length;
  expect(await codeOf(servers.change("shared", { headers: { "x-a": "1" } }, 1))).toBe("version_stale");
  // It matters which version was looked at, also where nothing would be different.
  expect(await codeOf(servers.change("shared", {}, 3))).toBe("version_stale");
  expect(await codeOf(servers.remove("shared", 1))).toBe("version_stale");
  expect([(await servers.get("shared")).server, (await changes()).length]).toEqual([server, told]);
  expect(await codeOf(servers.remove("shared", 2))).toBe("done");
  expect(await codeOf(servers.change("shared", {}, 2))).toBe("server_unknown");
});

test("what is accepted without approval from now on takes what waits with it; what was rejected stays out", async () => {
  const { servers, definitions } = stores;
  const reviews = async (id: Id<"server">) =>
    (await definitions.findByServers([id])).get(id)?.map(({ name, review }) => [name, review]);
  const { id } = await servers.add(newServer("widened"));
  await definitions.saveSync(id, findings(["a", "b"]));
  await stores.database.query(sql`
    insert into definition_reviews (server_id, kind, name, rejected_fingerprint, rejected_at, rejected_by)
    values (${id}, 'tool', 'b', ${(await definitions.findByServers([id])).get(id)?.[1]?.fingerprint ?? ""}, now(), 'x')`);
  expect(await reviews(id)).toEqual([
    ["a", "new"],
    ["b", "rejected"],
  ]);
  await servers.change("widened", { autoAccept: ["prompt"] });
  expect(await reviews(id)).toEqual([
    ["a", "new"],
    ["b", "rejected"],
  ]);
  expect(await codeOf(servers.change("widened", { autoAccept: ["prompt", "tool"] }, 1))).toBe(
    "version_stale",
  );
  await servers.change("widened", { autoAccept: ["prompt", "tool"] }, 2);
  expect(await reviews(id)).toEqual([
    ["a", "accepted"],
    ["b", "rejected"],
  ]);
});

test("many changes are made together or not at all", async () => {
  const { database, servers } = stores;
  await servers.add(newServer("together"));
  const attempt = database.transaction(async (tx) => {
    const inside = stores.serversOn(withinTransaction(tx, database));
    await inside.add(newServer("together-too", { headers: { "x-a": "1" } }));
    expect((await inside.change("together", { title: "T" })).server.version).toBe(2);
    expect((await inside.page({ q: "together", limit: 10 })).items).toHaveLength(2);
    await inside.change("together", { title: "U" }, 1);
  });
  expect(await codeOf(attempt)).toBe("version_stale");
  expect((await servers.get("together")).server).toMatchObject({ title: "together", version: 1 });
  expect(await servers.find("together-too")).toBeUndefined();
});

test("pages go through all servers by slug, whatever comes and goes, and filters are told apart", async () => {
  await using own = await openStores();
  const { servers } = own;
  const all: Server[] = [];
  for (const slug of ["p-a", "p-b", "p-c", "q-100", "q-1x0"])
    all.push(await servers.add(newServer(slug, { title: `Ünder_${slug} 100%` })));
  const slugs = async (wanted: ServerPage) => {
    const { items, next } = await servers.page(wanted);
    return [items.map(({ server }) => server.slug).join(), next];
  };
  expect(await slugs({ limit: 2 })).toEqual(["p-a,p-b", "p-b"]);
  expect(await slugs({ limit: 2, after: "p-b" })).toEqual(["p-c,q-100", "q-100"]);
  // The one where the page before ended may be gone.
  expect(await slugs({ limit: 2, after: "q-11" })).toEqual(["q-1x0", undefined]);
  expect(await slugs({ limit: 5 })).toEqual(["p-a,p-b,p-c,q-100,q-1x0", undefined]);
  expect(await slugs({ limit: 5, after: "q-1x0" })).toEqual(["", undefined]);
  expect(await slugs({ limit: 5, q: "üNDER_P" })).toEqual(["p-a,p-b,p-c", undefined]);
  expect(await slugs({ limit: 5, q: "%" })).toEqual(["p-a,p-b,p-c,q-100,q-1x0", undefined]);
  expect(await slugs({ limit: 5, q: "q-1_0" })).toEqual(["", undefined]);
  expect(await slugs({ limit: 5, q: "Q-100.EXAMPLE/" })).toEqual(["q-100", undefined]);
  expect(await slugs({ limit: 5, ids: [] })).toEqual(["", undefined]);
  expect(await slugs({ limit: 1, ids: [all[1]?.id ?? "", all[4]?.id ?? ""] })).toEqual(["p-b", "p-b"]);
  const isWanted = ({ server }: StoredServer) => server.slug !== "p-b";
  expect(await slugs({ limit: 2, isWanted })).toEqual(["p-a,p-c", "p-c"]);
  expect(await slugs({ limit: 2, isWanted, after: "p-c" })).toEqual(["q-100,q-1x0", undefined]);
});

test("a filter that hardly any server meets is met over many reads", async () => {
  await using own = await openStores();
  await own.database.query(sql`
    insert into servers (id, slug, title, url)
    select 'srv_' || n, 's' || lpad(n::text, 4, '0'), '', 'https://a.example/' from generate_series(1, 450) n`);
  const isWanted = ({ server }: StoredServer) => server.slug >= "s0449";
  const page = await own.servers.page({ limit: 1, isWanted });
  expect([page.items.map(({ server }) => server.slug), page.next]).toEqual([["s0449"], "s0449"]);
});

test("a change reaches the catalog of each replica", async () => {
  const { servers } = stores;
  const { catalog, flush } = await stores.openReplica();
  await servers.add(newServer("told"));
  await servers.change("told", { clientFeatures: ["sampling"] });
  await flush();
  expect(catalog.find("told")?.server).toMatchObject({ clientFeatures: ["sampling"], revision: 2 });
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

  await definitions.saveFailure(id, {
    code: "upstream_timeout",
    message: "late\0 and broken \ud800",
    details: { status: 504 },
  });
  expect((await servers.get("synced")).state).toMatchObject({
    status: "stale",
    error: { code: "upstream_timeout", message: "late␀ and broken �", details: { status: 504 } },
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
