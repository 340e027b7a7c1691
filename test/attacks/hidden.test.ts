/** A caller with a token for one portal who looks for what else is there: nothing tells it from what is nowhere. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startRawModern } from "../fixtures/raw-modern.ts";
import { startTestHouse, type TestHouse, type TestPortal } from "../harness/house.ts";
import { parsed, say, sayModern, rpc } from "../portal/client.ts";

let house: TestHouse;
let mine: TestPortal;
let namespace: string;
const opened = new AsyncDisposableStack();

const tools = (...names: string[]) =>
  JSON.stringify({
    resultType: "complete",
    tools: names.map((name) => ({ name, description: "xyzzy", inputSchema: { type: "object" } })),
  });
const script = (...names: string[]) => ({
  "tools/list": () => tools(...names),
  "tools/call": () => '{"resultType":"complete","content":[]}',
  "prompts/list": () => '{"resultType":"complete","prompts":[{"name":"off_prompt"}]}',
  "resources/list": () => '{"resultType":"complete","resources":[{"uri":"off://1","name":"1"}]}',
});
const capabilities = '{"tools":{},"prompts":{},"resources":{},"completions":{}}';

beforeAll(async () => {
  house = opened.use(await startTestHouse());
  const ours = opened.use(await startRawModern({ capabilities, script: script("on", "off", "off_too") }));
  const theirs = opened.use(await startRawModern({ capabilities, script: script("secret") }));
  const wary = opened.use(await startRawModern({ capabilities, script: script("unseen") }));
  mine = await house.addPortal("mine", {
    ours: { url: ours.url, autoAccept: ["tool"] },
    wary: { url: wary.url, autoAccept: [] },
  });
  await house.addPortal("theirs", { hidden: theirs.url });
  await house.api("PATCH", "/portals/mine/servers/ours", {
    tools: { off: { enabled: false }, off_too: { enabled: false, alias: "shadow" } },
  });
  await house.api("PATCH", "/portals/theirs", { hostname: "theirs.example.com" });
  await house.api("PATCH", "/portals/mine", { hostname: "mine.example.com" });
  const list = await fetch(`${house.url}/v0.1/servers`, { headers: mine.headers });
  const { servers } = (await list.json()) as { servers: { server: { name: string } }[] };
  namespace = servers[0]?.server.name.split("/")[0] ?? "";
});
afterAll(() => opened.disposeAsync());

/** What somebody learns who asks about this name: the whole answer, less the name itself and what is new each time. */
function learned(status: number, text: string, name: string): string {
  return `${status} ${text}`
    .replaceAll(name, "…")
    .replaceAll(Buffer.from(name).toString("base64url"), "…")
    .replaceAll(/req_[0-9a-f]+/g, "req_");
}

async function get(path: string, name: string): Promise<string> {
  const reply = await fetch(`${house.url}${path.replaceAll("NAME", name)}`, { headers: mine.headers });
  return learned(reply.status, await reply.text(), name);
}

test.each([
  ["a portal", "/api/v1/catalog?portal=NAME", "theirs"],
  ["a server's name in the catalog", "/api/v1/catalog?q=NAME", "hidden"],
  ["a server's versions", "/v0.1/servers/NS%2FNAME/versions", "hidden"],
  ["a server's latest version", "/v0.1/servers/NS%2FNAME/versions/latest", "hidden"],
  ["a server that offers nothing yet", "/v0.1/servers/NS%2FNAME/versions/latest", "wary"],
  ["a portal's entry", "/v0.1/servers/NS%2Fportal.NAME/versions", "theirs"],
  ["a search", "/v0.1/servers?search=NAME", "hidden"],
  ["an admin's view", "/api/v1/servers/NAME", "hidden"],
  ["an admin's view of tools", "/api/v1/portals/NAME/tools", "theirs"],
])("over HTTP: %s", async (_, path, name) => {
  const there = path.replace("NS", namespace);
  expect(await get(there, name)).toEqual(await get(there, "nowhere"));
});

async function modern(url: string, method: string, params: object, name: string, host?: string) {
  const filled = JSON.parse(JSON.stringify(params).replaceAll("NAME", name)) as Record<string, unknown>;
  const to = { url: url.replaceAll("NAME", name), token: mine.token };
  const heard = await sayModern(to, method, filled, host === undefined ? {} : { headers: { host } });
  return learned(heard.status, (await heard.all).join(), name);
}

const call = (name: string, args: object = {}) => ["tools/call", { name, arguments: args }] as const;
const search = "optimize_context=search_and_execute";

test.each<[string, string, readonly [string, object], string[]]>([
  ["a portal's address", "/p/NAME/mcp", ["tools/list", {}], ["theirs"]],
  ["a server of another portal", "/p/mine/mcp?servers=NAME", ["tools/list", {}], ["hidden"]],
  ["a tool", "/p/mine/mcp", call("NAME"), ["ours_off", "off", "ours_shadow", "wary_unseen", "hidden_secret"]],
  [
    "a tool by portal_execute",
    `/p/mine/mcp?${search}`,
    call("portal_execute", { name: "NAME" }),
    ["ours_off", "off", "ours_shadow", "shadow", "wary_unseen", "hidden_secret"],
  ],
  [
    "a tool outside of the connection",
    `/p/mine/mcp?servers=wary&${search}`,
    call("portal_execute", { name: "NAME" }),
    ["ours_on"],
  ],
  [
    "a search by server",
    `/p/mine/mcp?${search}`,
    call("portal_query_tools", { query: "", server: "NAME" }),
    ["hidden"],
  ],
  [
    "a search by name",
    `/p/mine/mcp?${search}`,
    call("portal_query_tools", { query: "^NAME$" }),
    ["ours_off", "ours_shadow", "wary_unseen", "hidden_secret"],
  ],
  [
    "a cursor",
    `/p/mine/mcp?${search}`,
    call("portal_query_tools", { query: "", cursor: "NAME" }),
    ["ours_off", "wary_unseen", "hidden_secret"].map((name) => Buffer.from(name).toString("base64url")),
  ],
  ["a prompt", "/p/mine/mcp", ["prompts/get", { name: "NAME" }], ["ours_off_prompt", "hidden_off_prompt"]],
  ["a resource", "/p/mine/mcp", ["resources/read", { uri: "NAME" }], ["off://1"]],
  [
    "a completion",
    "/p/mine/mcp",
    [
      "completion/complete",
      { ref: { type: "ref/prompt", name: "NAME" }, argument: { name: "a", value: "" } },
    ],
    ["ours_off_prompt", "hidden_off_prompt"],
  ],
])("over MCP: %s", async (_, path, [method, params], names) => {
  const nowhere = await modern(house.url + path, method, params, "nowhere");
  for (const name of names) expect(await modern(house.url + path, method, params, name)).toEqual(nowhere);
});

test("a host name says nothing of whose it is", async () => {
  const heard = await sayModern(
    { url: `${house.url}/mcp`, token: mine.token },
    "tools/list",
    {},
    {
      headers: { host: "theirs.example.com" },
    },
  );
  const text = (await heard.all).join();
  expect([heard.status, parsed(text)["error"].message]).toEqual([
    404,
    "There is no such portal at theirs.example.com for this caller",
  ]);
  for (const method of ["GET", "DELETE"] as const) {
    const other = await say(`${house.url}/mcp`, {
      method,
      token: mine.token,
      headers: { host: "theirs.example.com", "mcp-session-id": "x" },
    });
    expect(parsed((await other.all).join())["error"].message).toBe(
      "There is no such portal at theirs.example.com for this caller",
    );
  }
});

test.each([
  ["MINE.example.com", "/mcp", 200],
  ["mine.example.com:80", "/mcp", 200],
  ["mine.example.com", "/p/mine/mcp", 200],
  ["mine.example.com", "/p/theirs/mcp", 404],
  ["mine.example.com.", "/mcp", 421],
  ["mine.example.com:8080", "/mcp", 421],
  ["mine.example.com, theirs.example.com", "/mcp", 400],
  ["mine.example.com@evil.example", "/mcp", 400],
  ["evil.example", "/p/mine/mcp", 421],
  ["", "/p/mine/mcp", 400],
])("host %s at %s: %i", async (host, path, status) => {
  const to = { url: house.url + path, token: mine.token };
  const headers = { host, "x-forwarded-host": "theirs.example.com", forwarded: "host=theirs.example.com" };
  const heard = await sayModern(to, "tools/list", {}, { headers });
  await heard.all;
  expect(heard.status).toBe(status);
});

test("what pages of any origin may read they may only read", async () => {
  const origin = "https://evil.example";
  const ask = async (method: string, path: string, headers: Record<string, string> = {}) => {
    const reply = await fetch(house.url + path, { method, headers: { origin, ...headers } });
    return [
      reply.status,
      reply.headers.get("access-control-allow-origin"),
      reply.headers.get("access-control-allow-credentials"),
      reply.headers.get("access-control-allow-methods"),
    ];
  };
  const wants = (method: string) => ({ "access-control-request-method": method });
  expect(await ask("GET", "/v0.1/servers")).toEqual([200, "*", null, null]);
  expect(await ask("OPTIONS", "/v0.1/servers", wants("GET"))).toEqual([204, "*", null, "GET, OPTIONS"]);
  for (const [method, path, headers] of [
    ["OPTIONS", "/v0.1/servers", wants("POST")],
    ["OPTIONS", "/v0.1/../api/v1/servers", wants("GET")],
    ["OPTIONS", "/v0.1/%2e%2e/api/v1/servers", wants("GET")],
    ["OPTIONS", "/v0.12/servers", wants("GET")],
    ["POST", "/v0.1/servers", {}],
    ["GET", "/api/v1/servers", {}],
    ["GET", "/mcp", {}],
  ] as const)
    expect([method, path, ...(await ask(method, path, headers))]).toEqual([
      method,
      path,
      403,
      null,
      null,
      null,
    ]);
});

test.each([
  ["nonsense", "e30"],
  ["another list's", Buffer.from('{"after":1}').toString("base64url")],
  ["a member more", Buffer.from('{"after":"a","portal":"theirs"}').toString("base64url")],
  ["a prototype", Buffer.from('{"after":"a","__proto__":{"search":"x"}}').toString("base64url")],
  ["a long one", "A".repeat(9000)],
])("a cursor of the registry that is %s is refused", async (_, cursor) => {
  const reply = await fetch(`${house.url}/v0.1/servers?cursor=${cursor}`, { headers: mine.headers });
  expect(reply.status).toBe(400);
});

test("a forged cursor leads to nothing but what one sees", async () => {
  const after = Buffer.from(JSON.stringify({ after: `${namespace}/a` })).toString("base64url");
  const reply = await fetch(`${house.url}/v0.1/servers?cursor=${after}`, { headers: mine.headers });
  const { servers } = (await reply.json()) as { servers: { server: { name: string } }[] };
  expect(servers.map(({ server }) => server.name)).toEqual([`${namespace}/ours`, `${namespace}/portal.mine`]);
});

test("nobody without a token sees a portal that is not listed, or a body that is no request", async () => {
  const reply = await fetch(`${house.url}/v0.1/servers`);
  expect(await reply.json()).toEqual({ servers: [], metadata: { count: 0 } });
  const heard = await say(`${house.url}/p/mine/mcp?servers=hidden`, { body: rpc(1, "ping") });
  expect([heard.status, parsed((await heard.all).join())["error"].data.code]).toEqual([401, "token_missing"]);
});
