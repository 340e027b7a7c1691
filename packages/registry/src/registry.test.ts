import { findings } from "@castellan/calls/testing";
import { recordChange, sql } from "@castellan/database";
import { parseSlug } from "@castellan/kernel";
import { startHttpServer } from "@castellan/web";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serverList, serverResponse } from "./testing/answers.ts";
import { createTestRegistry, type TestRegistry } from "./testing.ts";

const namespace = "com.example.mcp";
const many = Array.from({ length: 7 }, (_, at) => `bulk-${at}`);

let registry: TestRegistry;
let token: string;
let poor: string;

beforeAll(async () => {
  registry = await createTestRegistry();
  await registry.addServer("weather", ["forecast", "alerts"], {
    title: "Weather",
    description: `Forecasts\nand warnings ${"for every place ".repeat(10)}`,
    url: new URL("https://upstream.internal.example/secret-path/mcp"),
    headers: { "x-upstream-key": "hush-hush" },
  });
  await registry.addServer("wiki", ["search"]);
  await registry.addServer("private", ["read"]);
  await registry.addServer("unread", []);
  await registry.addServer("undecided", ["write"], { autoAccept: [] });
  await registry.addServer("versions", ["a"]);
  for (const slug of many) await registry.addServer(slug, ["x"]);
  await registry.addPortal("main", ["weather", "wiki", "unread", "undecided"], {
    title: "Main",
    isListed: true,
  });
  await registry.addPortal("field", ["weather", "versions"], { isListed: true });
  await registry.addPortal("closed", ["private", "weather"]);
  await registry.addPortal("bulk", many);
  token = await registry.addToken("closed", "main");
  poor = await registry.addToken();
});

afterAll(() => registry[Symbol.asyncDispose]());

async function list(query = "", as?: string) {
  const { status, body, text } = await registry.ask(
    `/servers${query}`,
    as === undefined ? {} : { token: as },
  );
  expect([status, text]).toEqual([200, text]);
  const { servers, metadata } = serverList.parse(body);
  expect(metadata.count).toBe(servers.length);
  return {
    servers,
    names: servers.map(({ server }) => server.name.slice(namespace.length + 1)),
    ...metadata,
  };
}

test("without a token: the listed portals, and what they offer of their servers", async () => {
  const { servers, names, nextCursor } = await list();
  expect([names, nextCursor]).toEqual([
    ["portal.field", "portal.main", "versions", "weather", "wiki"],
    undefined,
  ]);
  const weather = servers.find(({ server }) => server.name === `${namespace}/weather`);
  expect(weather?.server.remotes.map(({ url }) => url)).toEqual([
    "https://mcp.example.com/p/field/mcp?servers=weather",
    "https://mcp.example.com/p/main/mcp?servers=weather",
  ]);
  expect(weather?.server).toMatchObject({
    title: "Weather",
    description: `Forecasts and warnings ${"for every place ".repeat(10).slice(0, 76)}…`,
    version: "1.0.1",
  });
  const counts = { tools: 2, prompts: 0, resources: 0, resourceTemplates: 0 };
  expect(weather?._meta["dev.castellan/registry"]).toEqual({
    kind: "server",
    portals: [
      { slug: "field", ...counts },
      { slug: "main", ...counts },
    ],
  });
  expect(servers[1]).toMatchObject({
    server: { title: "Main", remotes: [{ url: "https://mcp.example.com/p/main/mcp" }] },
    _meta: { "dev.castellan/registry": { kind: "portal", portals: [{ slug: "main", ...counts, tools: 3 }] } },
  });
});

test("with a token: the portals that it was given, and no other", async () => {
  const { names, servers } = await list("", token);
  expect(names).toEqual(["portal.closed", "portal.main", "private", "weather", "wiki"]);
  expect(servers[3]?.server.remotes.map(({ url }) => url)).toEqual([
    "https://mcp.example.com/p/closed/mcp?servers=weather",
    "https://mcp.example.com/p/main/mcp?servers=weather",
  ]);
  expect(await list("", poor)).toMatchObject({ servers: [], count: 0 });
});

test("nothing is listed: an empty list", async () => {
  await using empty = await createTestRegistry();
  await empty.addServer("lonely", ["a"]);
  await empty.addPortal("closed", ["lonely"]);
  const { status, body } = await empty.ask("/servers");
  expect([status, body]).toEqual([200, { servers: [], metadata: { count: 0 } }]);
});

test("a token that lets nobody in is refused, never taken for none; pages can read that", async () => {
  for (const authorization of ["Bearer castellan_nonsense", `Bearer ${token}x`, "Bearer", "Basic eDp5"])
    for (const path of ["/servers", `/servers/${namespace}%2Fweather/versions`]) {
      const { status, headers, body } = await registry.ask(path, {
        headers: { authorization, origin: "https://any.example" },
      });
      expect([status, headers.get("access-control-allow-origin"), headers.get("www-authenticate")]).toEqual([
        401,
        "*",
        "Bearer",
      ]);
      expect(body).toMatchObject({ error: expect.any(String) as string });
    }
});

test("the requests of VS Code, as it sends them", async () => {
  // Which version of the API is spoken here; then its marketplace view, and its next pages: the cursor as it came,
  // and without the text that was searched for; then a server that a configuration names.
  expect((await registry.ask("/servers?limit=1")).status).toBe(200);
  expect((await list("?limit=50&version=latest")).names).toHaveLength(5);
  const bulk = await registry.addToken("bulk");
  const first = await list(`?limit=3&version=latest&search=${encodeURIComponent("Bulk-")}`, bulk);
  const pages = [first];
  for (let cursor = first.nextCursor; cursor !== undefined; cursor = pages.at(-1)?.nextCursor)
    pages.push(await list(`?limit=3&version=latest&cursor=${cursor}`, bulk));
  expect(pages.map(({ names }) => names)).toEqual([
    ["bulk-0", "bulk-1", "bulk-2"],
    ["bulk-3", "bulk-4", "bulk-5"],
    ["bulk-6"],
  ]);
  const { status, body } = await registry.ask(
    `/servers/${encodeURIComponent(`${namespace}/weather`)}/versions/latest`,
  );
  expect([status, serverResponse.parse(body).server.name]).toEqual([200, `${namespace}/weather`]);
  expect(
    (await registry.ask(`/servers/${encodeURIComponent(`${namespace}/nobody`)}/versions/latest`)).status,
  ).toBe(404);
});

test("a cursor holds its place while entries come and go", async () => {
  await registry.addPortal("moving", ["bulk-1", "bulk-3", "bulk-5"]);
  const as = await registry.addToken("moving");
  const first = await list("?limit=2", as);
  await registry.portals.putServer("moving", "bulk-0");
  await registry.portals.putServer("moving", "bulk-4");
  await registry.portals.removeServer("moving", "bulk-1");
  const second = await list(`?cursor=${first.nextCursor}`, as);
  expect([first.names, second.names]).toEqual([
    ["bulk-1", "bulk-3"],
    ["bulk-4", "bulk-5", "portal.moving"],
  ]);
});

test("search is for a part of the name, the title or the description, in any case", async () => {
  for (const [search, found] of [
    ["WEATH", ["weather"]],
    ["every place", ["weather"]],
    ["portal.", ["portal.field", "portal.main"]],
    [namespace, ["portal.field", "portal.main", "versions", "weather", "wiki"]],
    ["unread", []],
    ["%", []],
    ["", ["portal.field", "portal.main", "versions", "weather", "wiki"]],
  ] as const)
    expect([search, (await list(`?search=${encodeURIComponent(search)}`)).names]).toEqual([search, found]);
});

test("version: the newest is the only one that there is", async () => {
  expect((await list("?version=latest")).names).toHaveLength(5);
  expect((await list("?version=1.0.1&search=wiki")).names).toEqual(["wiki"]);
  expect((await list("?version=0.9.0")).names).toEqual([]);
  expect((await list("?include_deleted=true")).names).toHaveLength(5);
});

test("updated_since: changes of the server, of its portals, and of what was decided about it", async () => {
  await using moved = await createTestRegistry();
  const { servers, portals, definitions, database } = moved;
  await moved.addServer("one", ["a"]);
  await moved.addServer("two", ["b"]);
  await moved.addPortal("main", ["one", "two"], { isListed: true });
  const ids = (await servers.list()).map(({ server }) => server.id);
  const { id: portalId } = await portals.get("main");
  const yesterday = sql`now() - interval '1 day'`;
  const backdate = () =>
    database.transaction(async (tx) => {
      await tx.query(sql`update servers set updated_at = ${yesterday}`);
      await tx.query(sql`update portals set updated_at = ${yesterday}`);
      await tx.query(sql`update definition_reviews set approved_at = ${yesterday}`);
      for (const id of ids) await recordChange(tx, "servers", id);
      await recordChange(tx, "portals", portalId);
    });
  const names = async (since: string) => {
    const { body } = await moved.ask(`/servers?updated_since=${encodeURIComponent(since)}`);
    return serverList.parse(body).servers.map(({ server }) => server.name.slice(namespace.length + 1));
  };
  const hourAgo = new Date(Date.now() - 3_600_000).toISOString();

  await backdate();
  expect(await names(hourAgo)).toEqual([]);
  expect(await names("2001-01-01T00:00:00+02:00")).toEqual(["one", "portal.main", "two"]);
  await servers.change("two", { title: "Two" });
  expect(await names(hourAgo)).toEqual(["two"]);
  await portals.change("main", { title: "Main" });
  expect(await names(hourAgo)).toEqual(["one", "portal.main", "two"]);
  await backdate();
  const { server } = await servers.get("one");
  await definitions.saveSync(server.id, findings(["a", "b"]));
  expect(await names(hourAgo)).toEqual(["one", "portal.main"]);
});

test("all versions and one version, the slash of the name encoded or plain", async () => {
  for (const name of [`${namespace}%2Fweather`, `${namespace}%2fweather`, `${namespace}/weather`]) {
    const all = serverList.parse((await registry.ask(`/servers/${name}/versions`)).body);
    expect([all.metadata, all.servers.map(({ server }) => server.version)]).toEqual([
      { count: 1 },
      ["1.0.1"],
    ]);
    for (const version of ["latest", "1.0.1", "1%2E0%2E1"]) {
      const { status, body } = await registry.ask(`/servers/${name}/versions/${version}`);
      expect([status, body]).toEqual([200, all.servers[0]]);
    }
  }
  const named = await registry.ask(`/servers/${namespace}/versions/versions/latest`);
  expect(serverResponse.parse(named.body).server.name).toBe(`${namespace}/versions`);
  expect((await registry.ask(`/servers/${namespace}/versions/versions`)).status).toBe(200);
});

test("a version grows when its server is changed", async () => {
  await registry.addServer("growing", ["a"]);
  await registry.addPortal("garden", ["growing"]);
  const as = await registry.addToken("garden");
  await registry.servers.change("growing", { title: "Grown" });
  const { servers } = await list("?search=growing", as);
  expect(servers.map(({ server }) => [server.title, server.version])).toEqual([["Grown", "1.0.2"]]);
  const old = await registry.ask(`/servers/${namespace}%2Fgrowing/versions/1.0.1`, { token: as });
  expect(old.status).toBe(404);
});

test("what is not there and what the caller may not see look the same", async () => {
  const answers = new Set<string>();
  for (const name of [
    "private",
    "portal.closed",
    "unread",
    "undecided",
    "lonely",
    "portal.none",
    "",
    "weather/x",
  ])
    for (const path of [
      `${namespace}%2F${name}/versions`,
      `${namespace}%2F${name}/versions/latest`,
      `${namespace}/${name}/versions/1.0.1`,
    ]) {
      const { status, text, body } = await registry.ask(`/servers/${path}`);
      expect([status, body]).toMatchObject([404, { error: "Server not found" }]);
      answers.add(text.replace(/req_\w+/, "req_"));
    }
  for (const path of [
    "com.other%2Fweather/versions",
    "weather/versions",
    `${namespace}%252Fweather/versions`,
    "%E0%A4%A/versions",
    "..%2F..%2Fservers",
    `${namespace}%2Fweather/versions/2.0.0`,
    `${namespace}%2Fweather`,
  ])
    answers.add((await registry.ask(`/servers/${path}`)).text.replace(/req_\w+/, "req_"));
  expect([...answers].map((text) => JSON.parse(text) as unknown)).toEqual([
    {
      type: "urn:castellan:fault:registry_server_unknown",
      title: "Registry server unknown",
      status: 404,
      code: "registry_server_unknown",
      detail: "Server not found",
      error: "Server not found",
      requestId: "req_",
    },
  ]);
});

test.each([
  ["limit=0", "limit"],
  ["limit=-1", "limit"],
  ["limit=ten", "limit"],
  ["limit=1e2", "limit"],
  ["limit=1&limit=2", "limit"],
  ["updated_since=yesterday", "updated_since"],
  ["updated_since=2025-08-07", "updated_since"],
  ["include_deleted=maybe", "include_deleted"],
  [`search=${"x".repeat(201)}`, "search"],
  [`version=${"x".repeat(256)}`, "version"],
  ["cursor=nonsense", "cursor"],
  [`cursor=${Buffer.from("{}").toString("base64url")}`, "cursor"],
  [`cursor=${Buffer.from('{"after":"x","limit":9}').toString("base64url")}`, "cursor"],
  [`cursor=${"x".repeat(9000)}`, "cursor"],
])("%s is refused, naming %s", async (query, field) => {
  const { status, body } = await registry.ask(`/servers?${query}`);
  expect([status, body]).toMatchObject([
    400,
    { code: "invalid_input", field, error: expect.any(String) as string },
  ]);
});

test("a page has 30 entries unless told otherwise, and at most 100; what nobody knows is left alone", async () => {
  const slugs = Array.from({ length: 104 }, (_, at) => `crowd-${at}`);
  for (const slug of slugs) await registry.addPortal(slug, []);
  const as = await registry.addToken(...slugs);
  expect([(await list("", as)).count, (await list("?limit=999999", as)).count]).toEqual([30, 100]);
  expect((await list("?limit=&cursor=&search=&unheard_of=1&unheard_of=2", as)).count).toBe(30);
});

test("nothing is told of upstreams, whoever asks and whatever is asked", async () => {
  const texts = await Promise.all(
    [undefined, token].flatMap((as) =>
      [
        "/servers",
        "/servers?search=upstream.internal",
        "/servers?cursor=x",
        `/servers/${namespace}%2Fweather/versions`,
        `/servers/${namespace}%2Fweather/versions/latest`,
        `/servers/${namespace}%2Fnobody/versions/latest`,
      ].map(async (path) => {
        const { text, headers } = await registry.ask(path, as === undefined ? {} : { token: as });
        return text + JSON.stringify([...headers]);
      }),
    ),
  );
  for (const word of [
    "upstream.internal",
    "secret-path",
    "x-upstream-key",
    "hush-hush",
    "undecided",
    "srv_",
    "prt_",
  ])
    expect(texts.filter((text) => text.toLowerCase().includes(word))).toEqual([]);
  expect((await list("?search=upstream.internal")).names).toEqual([]);
});

test("it is read from any page and changed from none", async () => {
  const origin = "https://any.example";
  const asked = { origin, "access-control-request-headers": "authorization" };
  const preflight = await registry.ask("/servers", {
    method: "OPTIONS",
    headers: { ...asked, "access-control-request-method": "GET" },
  });
  expect([preflight.status, preflight.headers.get("access-control-allow-origin")]).toEqual([204, "*"]);
  for (const method of ["POST", "PUT", "PATCH", "DELETE"])
    expect((await registry.ask(`/servers/${namespace}%2Fweather/versions/latest`, { method })).status).toBe(
      405,
    );
  expect((await registry.ask("/publish", { method: "POST" })).status).toBe(404);
});

test("a portal that is listed no more is gone at once", async () => {
  await registry.addPortal("brief", ["wiki"], { isListed: true });
  expect((await list("?search=portal.brief")).names).toEqual(["portal.brief"]);
  await registry.portals.change(parseSlug("brief", "slug"), { isListed: false });
  expect((await list("?search=portal.brief")).names).toEqual([]);
});

test("over a socket, too: the path as it was written, with an encoded slash or a plain one", async () => {
  const errors: unknown[] = [];
  await using server = await startHttpServer({
    host: "127.0.0.1",
    port: 0,
    app: registry.app,
    onError: (error) => errors.push(error),
    onRefused: () => {},
  });
  for (const name of [`${namespace}%2Fweather`, `${namespace}/weather`]) {
    const answer = await fetch(`${server.url}/v0.1/servers/${name}/versions/latest?include_deleted=false`, {
      headers: { origin: "vscode-file://vscode-app" },
    });
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([200, "*"]);
    expect(serverResponse.parse(await answer.json()).server.name).toBe(`${namespace}/weather`);
  }
  expect(errors).toEqual([]);
});
