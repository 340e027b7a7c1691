import { sql } from "@castellan/database";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestApi, startTestUpstream, type TestApi, type TestUpstream } from "../testing.ts";
import { createClient, type Client } from "../testing/client.ts";

let house: TestApi;
let upstream: TestUpstream;
let admin: Client;

beforeAll(async () => {
  house = await createTestApi();
  upstream = await startTestUpstream();
  admin = createClient(house.app, await house.createToken({}));
  for (const slug of ["weather", "news"])
    await admin("POST", "/servers", { slug, url: upstream.url, allowPrivate: ["127.0.0.1"] });
});
beforeEach(() => house.database.query(sql`delete from portals`));
afterAll(async () => {
  await upstream[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

const createdAt = expect.any(String) as string;
const everything = {
  mode: "all",
  tools: {},
  prompts: {},
  resources: {},
  resourceTemplates: {},
  unmatched: [],
};
const of = (server: string, more: object = {}) => ({ server, ...everything, ...more });
/** A portal of which nothing is said. */
const plainly = {
  naming: "prefixed",
  instructions: "",
  autoAccept: [],
  isListed: false,
  directory: "workforce",
  access: [],
  isReadOnly: false,
  codeMode: "allowed",
  publicLimits: { requestsPerMinute: 1_200, requestsPerMinutePerAddress: 120 },
  trustedIssuers: [],
  servers: [],
  version: 1,
  createdAt,
  updatedAt: createdAt,
};

test("a portal is made, changed and removed", async () => {
  const made = await admin("POST", "/portals", {
    slug: "team",
    title: "The team",
    naming: "plain",
    instructions: "Ask\nfirst.",
    hostname: "Team.Bücher.example:443",
    autoAccept: ["tool", "prompt"],
    isListed: true,
    directory: "customers",
    access: [
      { who: "user:Ann@Example.COM", classes: ["write", "read"], servers: ["news"] },
      { who: "public", classes: ["read"], until: "2026-12-31T18:00+01:00" },
    ],
    isReadOnly: true,
    codeMode: "forced",
    publicLimits: { requestsPerMinute: 60 },
    servers: ["news"],
  });
  const team = {
    ...plainly,
    slug: "team",
    title: "The team",
    naming: "plain",
    instructions: "Ask\nfirst.",
    hostname: "team.xn--bcher-kva.example",
    autoAccept: ["prompt", "tool"],
    isListed: true,
    directory: "customers",
    access: [
      { who: "user:ann@example.com", classes: ["read", "write"], servers: ["news"] },
      { who: "public", classes: ["read"], until: "2026-12-31T17:00:00.000Z" },
    ],
    isReadOnly: true,
    codeMode: "forced",
    publicLimits: { requestsPerMinute: 60, requestsPerMinutePerAddress: 120 },
    servers: [of("news")],
    paths: ["/p/team/mcp"],
  };
  expect([made.status, made.body]).toEqual([201, team]);
  expect(await admin("PUT", "/portals/team/servers/weather")).toMatchObject({
    status: 200,
    body: { servers: [of("news"), of("weather")], version: 2 },
  });
  expect((await admin("GET", "/portals")).body).toEqual({
    items: [{ ...team, servers: [of("news"), of("weather")], version: 2 }],
  });
  expect(
    (
      await admin("PATCH", "/portals/team", {
        hostname: null,
        naming: "prefixed",
        servers: ["weather", "news"],
      })
    ).body,
  ).toEqual({
    ...team,
    hostname: undefined,
    naming: "prefixed",
    servers: [of("weather"), of("news")],
    version: 3,
  });
  expect((await admin("DELETE", "/portals/team/servers/news")).body).toMatchObject({
    access: [{ who: "public", classes: ["read"] }],
    servers: [of("weather")],
    version: 4,
  });
  expect((await admin("GET", "/portals/team")).body).toMatchObject({ servers: [of("weather")], version: 4 });
  expect(await admin("DELETE", "/portals/team")).toMatchObject({ status: 204 });
  expect(await admin("DELETE", "/portals/team")).toMatchObject({
    status: 404,
    body: { code: "portal_not_found" },
  });
});

test("a slug is enough, and the default portal is at /mcp too", async () => {
  expect((await admin("POST", "/portals", { slug: "default" })).body).toEqual({
    ...plainly,
    slug: "default",
    title: "default",
    paths: ["/p/default/mcp", "/mcp"],
  });
});

test("to put a server where it is changes nothing, what is said of it included; with a body it is said anew", async () => {
  const tools = { forecast: { enabled: false }, snow: { enabled: false } };
  await admin("POST", "/portals", { slug: "team", servers: [{ server: "news", tools }, "weather"] });
  const unmatched = [{ kind: "tool", name: "snow" }];
  expect(await admin("PUT", "/portals/team/servers/news")).toMatchObject({
    status: 200,
    body: { servers: [of("news", { tools, unmatched }), of("weather")], version: 1 },
  });
  expect(await admin("PUT", "/portals/team/servers/news", { mode: "allowlist" })).toMatchObject({
    body: { servers: [of("news", { mode: "allowlist" }), of("weather")], version: 2 },
  });
});

test("curation is patched entry by entry; unrelated edits leave it alone", async () => {
  const edit = async (body: object) => {
    const { body: portal } = await admin("PATCH", "/portals/team/servers/news", body);
    const [server] = (portal as { servers: { tools: object; resources: object; mode: string }[] }).servers;
    return [server?.mode, server?.tools, server?.resources];
  };
  await admin("POST", "/portals", { slug: "team", servers: ["news"] });
  const x = { enabled: false, alias: "why", description: "Two\nlines" };
  expect(await edit({ mode: "allowlist", tools: { x, y: { enabled: true } } })).toEqual([
    "allowlist",
    { x, y: { enabled: true } },
    {},
  ]);
  await admin("PATCH", "/portals/team", { title: "Other", servers: ["weather", "news"] });
  await admin("DELETE", "/portals/team/servers/weather");
  expect(await edit({ resources: { "x://1": { enabled: false } } })).toEqual([
    "allowlist",
    { x, y: { enabled: true } },
    { "x://1": { enabled: false } },
  ]);
  expect(await edit({ mode: null, tools: { x: { alias: null, enabled: null }, y: null } })).toEqual([
    "all",
    { x: { description: "Two\nlines" } },
    { "x://1": { enabled: false } },
  ]);
  expect(await edit({ tools: { x: { description: null } }, resources: null })).toEqual(["all", {}, {}]);
});

test.each([
  [{ access: [{ who: "all", classes: ["read"] }] }, "access[0].who"],
  [{ access: [{ who: "everyone", classes: [] }] }, "access[0].classes"],
  [{ access: [{ who: "everyone", classes: ["read", "read"] }] }, "access[0].classes"],
  [{ access: [{ who: "public", classes: ["read", "write"] }] }, "access[0]"],
  [{ access: [{ who: "everyone", classes: ["read"], servers: [] }] }, "access[0].servers"],
  [{ access: [{ who: "everyone", classes: ["read"], servers: ["news"] }] }, "access[0].servers"],
  [{ directory: "everybody" }, "directory"],
  [{ publicLimits: { requestsPerMinute: 0 } }, "publicLimits.requestsPerMinute"],
  [{ trustedIssuers: ["Entra"] }, "trustedIssuers[0]"],
])("a rule that cannot be meant is refused: %j", async (fields, field) => {
  await admin("POST", "/portals", { slug: "team", servers: ["weather"] });
  const refused = { status: 400, body: { code: "invalid_input", field } };
  expect(await admin("PATCH", "/portals/team", fields)).toMatchObject(refused);
  expect(await admin("POST", "/portals", { slug: "other", ...fields })).toMatchObject(refused);
});

test("of two writers the second one's stale version is refused", async () => {
  const { headers, body } = await admin("POST", "/portals", { slug: "team" });
  expect([headers.get("etag"), (body as { version: number }).version]).toEqual(['"1"', 1]);
  const mine = { "if-match": '"1"' };
  expect((await admin("PATCH", "/portals/team", { title: "First" }, mine)).status).toBe(200);
  const stale = { status: 412, body: { code: "version_stale", field: "If-Match" } };
  expect(await admin("PATCH", "/portals/team", { title: "Second" }, mine)).toMatchObject(stale);
  expect(await admin("PUT", "/portals/team/servers/news", undefined, mine)).toMatchObject(stale);
  expect(await admin("DELETE", "/portals/team", undefined, mine)).toMatchObject(stale);
  expect((await admin("GET", "/portals/team")).body).toMatchObject({
    title: "First",
    version: 2,
    servers: [],
  });
});

test("portals are listed in pages, by text and by server", async () => {
  for (const slug of ["a", "b", "c"]) await admin("POST", "/portals", { slug, title: `The ${slug}_team` });
  await admin("PUT", "/portals/b/servers/news");
  const slugs = async (query: string) => {
    const { body } = await admin("GET", `/portals?${query}`);
    const page = body as { items: { slug: string }[]; nextCursor?: string };
    return [page.items.map(({ slug }) => slug), page.nextCursor] as const;
  };
  const [first, cursor] = await slugs("limit=2");
  expect([first, await slugs(`limit=2&cursor=${cursor}`)]).toEqual([
    ["a", "b"],
    [["c"], undefined],
  ]);
  expect([
    await slugs("q=THE"),
    await slugs("q=b_"),
    await slugs("q=%25"),
    await slugs("server=news"),
  ]).toEqual([
    [["a", "b", "c"], undefined],
    [["b"], undefined],
    [[], undefined],
    [["b"], undefined],
  ]);
});

test("the tools of a portal are told with what callers get of them", async () => {
  const listed = await admin("GET", "/servers/news/definitions?kind=tool&q=tomorrow");
  const [tool] = (listed.body as { items: { name: string; fingerprint: string }[] }).items;
  const name = tool?.name ?? "";
  await admin("POST", "/portals", {
    slug: "team",
    servers: ["news", { server: "weather", mode: "allowlist" }],
  });
  const shown = async (query = "") => {
    const { body } = await admin("GET", `/portals/team/tools?${query}`);
    return (
      body as { items: { server: string; state: string; reason?: string; publicName?: string }[] }
    ).items.map(({ server, state, reason, publicName }) => [server, state, reason, publicName]);
  };
  expect(await shown("state=waiting")).toContainEqual(["news", "waiting", "waiting", undefined]);
  for (const slug of ["news", "weather"])
    await admin("POST", `/servers/${slug}/definitions/approve`, {
      definitions: [{ kind: "tool", name, fingerprint: tool?.fingerprint }],
    });
  await admin("PATCH", "/portals/team/servers/news", { tools: { [name]: { alias: "mine" } } });
  expect(await shown("state=on")).toEqual([["news", "on", undefined, "news_mine"]]);
  expect(await shown("state=off")).toEqual([["weather", "off", "not_switched_on", undefined]]);
  expect(await shown("q=news_mine")).toEqual([["news", "on", undefined, "news_mine"]]);
});

test.each([
  [{ slug: "team" }, 409, { code: "portal_slug_taken", field: "slug" }],
  [{ slug: "other", servers: ["weather", "nobody"] }, 404, { code: "server_unknown", field: "servers" }],
  [{ slug: "other", servers: ["weather", "weather"] }, 400, { code: "invalid_input", field: "servers" }],
  [{ slug: "other", servers: ["weather", "We ather"] }, 400, { code: "invalid_input", field: "servers[1]" }],
  [
    { slug: "other", access: [{ who: "everyone", classes: ["read"], until: "2026-12-31T18:00" }] },
    400,
    { code: "invalid_input", field: "access[0].until" },
  ],
  [{ slug: "other", naming: "loud" }, 400, { detail: "naming must be one of prefixed, plain" }],
  [{ slug: "other", hostname: "10.0.0.1" }, 400, { code: "invalid_input", field: "hostname" }],
  [{ slug: "other", instructions: "a\u202eb" }, 400, { code: "invalid_input", field: "instructions" }],
])("%j is refused with %i %j", async (body, status, problem) => {
  await admin("POST", "/portals", { slug: "team" });
  expect(await admin("POST", "/portals", body)).toMatchObject({ status, body: problem });
  expect((await admin("GET", "/portals/other")).status).toBe(404);
});

test("servers that are not there or not listed", async () => {
  await admin("POST", "/portals", { slug: "team" });
  expect(await admin("PUT", "/portals/team/servers/nobody")).toMatchObject({
    status: 404,
    body: { code: "server_unknown" },
  });
  expect(await admin("DELETE", "/portals/team/servers/news")).toMatchObject({
    status: 404,
    body: { code: "portal_server_not_listed" },
  });
  expect(await admin("PUT", "/portals/nobody/servers/news")).toMatchObject({
    status: 404,
    body: { code: "portal_not_found" },
  });
});
