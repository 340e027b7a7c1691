import { sql, withinTransaction, type Database } from "@castellan/database";
import { isFault, type Fault } from "@castellan/kernel";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { ConfigurationDocument } from "./document/document.ts";
import { openInstallation, plainly, toDocument, type TestInstallation } from "./testing.ts";

let house: TestInstallation;

beforeAll(async () => {
  house = await openInstallation();
});
afterAll(() => house[Symbol.asyncDispose]());
beforeEach(() => house.database.query(sql`truncate servers, portals cascade`));

const token = "t0p-s3cret";
const secrets = { "env:TOKEN": token };
const weather = {
  url: "https://weather.example/mcp",
  headers: { Authorization: { secretRef: "env:TOKEN", prefix: "Bearer " } },
};
const maps = { url: "https://maps.example/mcp" };
const print = (digit: string) => `sha256:${digit.repeat(64)}`;

async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  try {
    await promise;
  } catch (error) {
    if (isFault(error)) return error;
    throw error;
  }
  throw new Error("it succeeded");
}

async function versions() {
  const rows = await house.database.query<{ what: string }>(sql`
    select 'server ' || slug || ' ' || version || ' ' || revision as what from servers
    union all select 'portal ' || slug || ' ' || version from portals order by 1`);
  return rows.map(({ what }) => what);
}

test("a document is planned, applied, and then there is nothing to do", async () => {
  const document = toDocument({
    servers: { weather: { ...weather, limits: { callsPerMinute: 60 } }, maps },
    portals: {
      work: {
        instructions: "Be kind",
        servers: ["weather", { server: "maps", tools: { route: { alias: "way" } } }],
      },
    },
  });
  const how = { ...plainly, secrets };
  const plan = await house.configuration.plan(document, how);
  expect(plan.changes).toEqual([
    { kind: "server", slug: "maps", action: "create", fields: [{ path: "url", after: maps.url }] },
    {
      kind: "server",
      slug: "weather",
      action: "create",
      fields: [
        { path: "url", after: weather.url },
        { path: "headers.authorization", after: { secretRef: "env:TOKEN", prefix: "Bearer " } },
        { path: "limits.callsPerMinute", after: 60 },
      ],
    },
    {
      kind: "portal",
      slug: "work",
      action: "create",
      fields: [
        { path: "instructions", before: "", after: "Be kind" },
        { path: "servers", before: [], after: ["weather", "maps"] },
        { path: "servers.maps.tools.route", after: { alias: "way" } },
      ],
    },
  ]);
  const applied = await house.configuration.apply(document, { ...how, basis: plan.basis });
  expect(applied.changes).toEqual(plan.changes);
  expect(applied.toSync.map(({ slug }) => slug)).toEqual(["maps", "weather"]);
  const { server } = await house.servers.get("weather");
  expect(await house.servers.headersOf(server.id)).toEqual({ authorization: `Bearer ${token}` });
  expect(server).toMatchObject({ managedBy: "main", limits: { callsPerMinute: 60 } });
  expect(await house.portals.get("work")).toMatchObject({ servers: ["weather", "maps"], managedBy: "main" });

  const before = await versions();
  const again = await house.configuration.apply(document, how);
  expect([again.changes, again.toSync]).toEqual([[], []]);
  // The secret need not be at hand any more.
  expect((await house.configuration.apply(document, plainly)).changes).toEqual([]);
  expect(await versions()).toEqual(before);
});

test("each kind of change is told by its field, and raises the version of its resource only", async () => {
  await house.configuration.apply(
    toDocument({
      servers: { weather: { ...weather, title: "W", autoAccept: ["tool"] }, maps },
      portals: { work: { servers: ["weather", "maps"] }, home: { servers: ["maps"] } },
    }),
    { ...plainly, secrets },
  );
  const before = await versions();
  const { changes } = await house.configuration.apply(
    toDocument({
      servers: { weather: { ...weather, autoAccept: ["prompt"], syncIntervalSeconds: 60 }, maps },
      portals: {
        work: {
          servers: [{ server: "maps", mode: "allowlist", tools: { "a.b": { enabled: true } } }, "weather"],
        },
        home: { servers: ["maps"] },
      },
    }),
    plainly,
  );
  expect(changes).toEqual([
    {
      kind: "server",
      slug: "weather",
      action: "update",
      fields: [
        { path: "autoAccept", before: ["tool"], after: ["prompt"] },
        { path: "syncIntervalSeconds", after: 60 },
        { path: "title", before: "W", after: "weather" },
      ],
    },
    {
      kind: "portal",
      slug: "work",
      action: "update",
      fields: [
        { path: "servers", before: ["weather", "maps"], after: ["maps", "weather"] },
        { path: "servers.maps.mode", before: "all", after: "allowlist" },
        { path: 'servers.maps.tools["a.b"]', after: { enabled: true } },
      ],
    },
  ]);
  expect((await house.portals.get("work")).servers).toEqual(["maps", "weather"]);
  expect(before).toEqual(["portal home 1", "portal work 1", "server maps 1 1", "server weather 1 1"]);
  expect(await versions()).toEqual([
    "portal home 1",
    "portal work 2",
    "server maps 1 1",
    "server weather 2 1",
  ]);
});

test("a secret that is given anew is told as changed, and nothing of it is", async () => {
  const document = toDocument({ servers: { weather } });
  await house.configuration.apply(document, { ...plainly, secrets });
  const how = { ...plainly, secrets: { "env:TOKEN": "n3xt-s3cret" } };
  const plan = await house.configuration.plan(document, how);
  expect(plan.changes).toEqual([
    {
      kind: "server",
      slug: "weather",
      action: "update",
      fields: [{ path: "headers.authorization", secret: "changed" }],
    },
  ]);
  const applied = await house.configuration.apply(document, how);
  const { server } = await house.servers.get("weather");
  expect(applied.toSync).toEqual([{ id: server.id, slug: "weather" }]);
  expect(await house.servers.headersOf(server.id)).toEqual({ authorization: "Bearer n3xt-s3cret" });
  expect(JSON.stringify([plan, applied, await house.configuration.export("main")])).not.toMatch(/s3cret/);
});

test("a secret is missed where it is not given, and none from the same place is stored for that origin", async () => {
  const document = toDocument({ servers: { weather } });
  expect(await faultOf(house.configuration.plan(document, plainly))).toMatchObject({
    code: "secret_missing",
    field: "servers.weather.headers.authorization",
    data: {
      missing: [
        { header: "authorization", secretRef: "env:TOKEN", field: "servers.weather.headers.authorization" },
      ],
    },
  });
  await house.configuration.apply(document, { ...plainly, secrets });
  const others = [
    { ...weather, headers: { authorization: { secretRef: "env:OTHER", prefix: "Bearer " } } },
    { ...weather, headers: { authorization: { secretRef: "env:TOKEN" } } },
    { ...weather, url: "https://elsewhere.example/mcp" },
  ];
  for (const other of others)
    expect(
      (await faultOf(house.configuration.apply(toDocument({ servers: { weather: other } }), plainly))).code,
    ).toBe("secret_missing");
  const moved = toDocument({ servers: { weather: { ...weather, url: "https://weather.example/other" } } });
  expect((await house.configuration.apply(moved, plainly)).toSync).toHaveLength(1);
  const elsewhere = toDocument({ servers: { weather: others[2] } });
  await house.configuration.apply(elsewhere, { ...plainly, secrets });
  const { server } = await house.servers.get("weather");
  expect(await house.servers.headersOf(server.id)).toEqual({ authorization: `Bearer ${token}` });
});

test("a secret that is no header is refused without being told", async () => {
  const fault = await faultOf(
    house.configuration.apply(toDocument({ servers: { weather } }), {
      ...plainly,
      secrets: { "env:TOKEN": "s3cret\nwith a line break" },
    }),
  );
  expect(fault).toMatchObject({ code: "secret_invalid", field: "servers.weather.headers.authorization" });
  expect(JSON.stringify([fault.message, fault.data, fault.cause])).not.toMatch(/s3cret/);
});

test("a header that the document no longer names is taken away", async () => {
  await house.configuration.apply(toDocument({ servers: { weather } }), { ...plainly, secrets });
  const bare = toDocument({ servers: { weather: { url: weather.url } } });
  expect((await house.configuration.apply(bare, plainly)).changes[0]?.fields).toEqual([
    { path: "headers.authorization", before: { secretRef: "env:TOKEN", prefix: "Bearer " } },
  ]);
  expect((await house.servers.get("weather")).server).toMatchObject({ headerNames: [], headerRefs: {} });
});

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
  expect(await versions()).toHaveLength(7);
  const { changes } = await apply("main", next, true);
  expect(changes).toEqual([
    { kind: "server", slug: "b", action: "remove", fields: [] },
    { kind: "portal", slug: "q", action: "remove", fields: [] },
  ]);
  expect((await versions()).map((what) => what.split(" ").slice(0, 2).join(" "))).toEqual([
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

test("a failure in the middle leaves nothing", async () => {
  await house.portals.add({
    slug: "taken" as never,
    title: "Taken",
    naming: "prefixed",
    hostname: "mcp.example.com",
    servers: [],
  });
  const before = await versions();
  const document = toDocument({
    servers: { weather, maps },
    portals: { a: { servers: ["maps"] }, b: { hostname: "mcp.example.com" } },
  });
  expect(await faultOf(house.configuration.apply(document, { ...plainly, secrets }))).toMatchObject({
    code: "hostname_taken",
    field: "portals.b.hostname",
  });
  expect(await versions()).toEqual(before);
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
  expect(costOfOne).toBeLessThan(20);
});

test("the database holds no secret of a document", async () => {
  await house.configuration.apply(toDocument({ servers: { weather } }), { ...plainly, secrets });
  const [row] = await house.database.query<{ dump: string }>(sql`
    select string_agg(s::text || encode(coalesce(sealed_headers, ''), 'escape'), '') as dump from servers s`);
  expect(row?.dump).toContain("env:TOKEN");
  expect(row?.dump).not.toContain(token);
});

/** The same database, counting what is asked of it. */
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
