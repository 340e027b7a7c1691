import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startRawLegacy } from "../fixtures/raw-legacy.ts";
import { startRawModern } from "../fixtures/raw-modern.ts";
import { openLegacy, parsed, rpc, say, sayModern, type Door, type Said } from "./client.ts";
import { openPortals, type Portals } from "./open-portals.ts";

let house: Portals;
let door: Door;
let other: Door;
const opened = new AsyncDisposableStack();

beforeAll(async () => {
  house = opened.use(await openPortals());
  const script = {
    "tools/list": () => '{"tools":[{"name":"t","inputSchema":{"type":"object"}}]}',
    "tools/call": () => '{"content":[]}',
    "resources/list": () => '{"resources":[{"uri":"x://1","name":"1"}]}',
    "resources/read": () => '{"contents":[]}',
  };
  const capabilities = '{"tools":{},"resources":{}}';
  const legacy = opened.use(await startRawLegacy({ capabilities, script }));
  const modern = opened.use(await startRawModern({ capabilities, script }));
  await house.sync("old", legacy.url);
  await house.sync("new", modern.url);
  door = await house.open("mine", ["old", "new"]);
  other = await house.open("theirs", ["old"]);
});

afterEach(() => {
  expect([house.faults, house.errors]).toEqual([[], []]);
});

afterAll(() => opened.disposeAsync());

const legacy = { "mcp-protocol-version": "2025-11-25" };
const modern = { "mcp-protocol-version": "2026-07-28" };

/** What came of saying something: status, JSON-RPC code, our code. */
async function outcome(said: Said, url = door.url) {
  const heard = await say(url, { token: door.token, ...said });
  const text = (await heard.all).at(-1);
  const { error } = text === undefined ? {} : parsed(text);
  return [heard.status, error?.code, error?.data?.code];
}

const ping = rpc(1, "ping");

/** Scopes for reading, and where the rest is told. */
function challenge(error = ""): string {
  const metadata = "http://127.0.0.1/.well-known/oauth-protected-resource/p/mine/mcp";
  return `Bearer ${error}scope="portal:mine portal:mine:read", resource_metadata="${metadata}"`;
}

test.each<[string, Said, string | undefined, unknown[]]>([
  ["no token", { token: undefined, body: ping }, challenge(), [401, -32000, "token_missing"]],
  [
    "another scheme",
    { token: undefined, headers: { authorization: "Basic eDp5" }, body: ping },
    challenge(),
    [401, -32000, "token_missing"],
  ],
  [
    "a token that is none",
    { token: "nonsense", body: ping },
    challenge('error="invalid_token", '),
    [401, -32000, "token_invalid"],
  ],
  [
    "a token that is none, on GET",
    { token: "nonsense", method: "GET" },
    challenge('error="invalid_token", '),
    [401, -32000, "token_invalid"],
  ],
  [
    "no token, on DELETE",
    { token: undefined, method: "DELETE" },
    challenge(),
    [401, -32000, "token_missing"],
  ],
])("%s: 401 says how to come in, and is counted", async (_, said, expectedChallenge, expected) => {
  const before = house.refused.length;
  const heard = await say(door.url, { token: door.token, ...said });
  expect(heard.headers["www-authenticate"]).toBe(expectedChallenge);
  const { error } = parsed((await heard.all)[0]);
  expect([heard.status, error.code, error.data.code]).toEqual(expected);
  expect(house.refused.length).toBe(before + 1);
});

test("a portal that was not given looks like one that does not exist", async () => {
  const init = rpc(1, "initialize", {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "x" },
  });
  const answers = [];
  for (const slug of ["theirs", "nowhere", "toString", "__proto__", "%2e%2e"])
    for (const said of [
      { body: init },
      { method: "GET", headers: { ...legacy, "mcp-session-id": "x" } },
      { method: "DELETE" },
    ] as Said[]) {
      const heard = await say(`${house.server.url}/p/${slug}/mcp`, { token: door.token, ...said });
      const { error } = parsed((await heard.all)[0]);
      answers.push([heard.status, error.code, error.message.replace(/"[^"]*"/, '"…"'), error.data.code]);
    }
  expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(
    new Set([JSON.stringify([404, -32000, 'There is no portal "…" for this caller', "portal_unknown"])]),
  );
});

test.each<[string, Said, unknown[]]>([
  ["malformed JSON", { body: "{" }, [400, -32700, "json_malformed"]],
  [
    "a key twice",
    { body: '{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}' },
    [400, -32600, "json_ambiguous"],
  ],
  ["__proto__", { body: rpc(1, "ping", '{"__proto__":{}}') }, [400, -32600, "json_ambiguous"]],
  ["a batch", { body: `[${ping}]` }, [400, -32600, "batch_unsupported"]],
  ["an empty body", { body: "" }, [400, -32700, "json_malformed"]],
  [
    "another content type",
    { body: ping, headers: { "content-type": "text/plain" } },
    [415, -32000, "media_type_unsupported"],
  ],
  ["nothing acceptable", { body: ping, headers: { accept: "text/html" } }, [406, -32000, "not_acceptable"]],
  ["an over-long body", { body: " ".repeat(5 * 1024 * 1024) }, [413, -32000, "body_too_large"]],
  ["no session", { body: ping, headers: legacy }, [400, -32000, "session_required"]],
  [
    "an unknown session",
    { body: ping, headers: { ...legacy, "mcp-session-id": "ses_0" } },
    [404, -32001, "session_unknown"],
  ],
  [
    "a session id of Object's",
    { body: ping, headers: { ...legacy, "mcp-session-id": "__proto__" } },
    [404, -32001, "session_unknown"],
  ],
  [
    "an unknown version",
    { body: ping, headers: { "mcp-protocol-version": "1.0" } },
    [400, -32022, "version_unsupported"],
  ],
  [
    "a version header twice",
    { body: ping, headers: { "mcp-protocol-version": "2025-11-25, 2025-11-25" } },
    [400, -32022, "version_unsupported"],
  ],
  ["the modern header on a legacy message", { body: ping, headers: modern }, [400, -32602, "meta_missing"]],
  ["GET without a session", { method: "GET" }, [400, -32000, "session_required"]],
  [
    "GET for JSON",
    { method: "GET", headers: { accept: "application/json" } },
    [400, -32000, "session_required"],
  ],
  ["DELETE without a session", { method: "DELETE" }, [400, -32000, "session_required"]],
  ["modern GET", { method: "GET", headers: modern }, [405, -32000, "http_method_unsupported"]],
  ["modern DELETE", { method: "DELETE", headers: modern }, [405, -32000, "http_method_unsupported"]],
])("%s", async (_, said, expected) => {
  expect(await outcome(said)).toEqual(expected);
});

test("405 names what is served, and HEAD opens no stream", async () => {
  const get = await say(door.url, { token: door.token, method: "GET", headers: modern });
  expect(get.headers["allow"]).toBe("POST");
  const client = await openLegacy(door);
  const head = await say(door.url, {
    token: door.token,
    method: "HEAD",
    headers: { ...legacy, "mcp-session-id": client.session },
  });
  expect(head.status).toBe(405);
  expect(house.sessions.at("mine").some(({ isBusy }) => isBusy)).toBe(false);
});

/** What a legacy client hears of a request. */
async function legacyError(method: string, params?: object) {
  const client = await openLegacy(door);
  const heard = await client.send(rpc(1, method, params));
  const { error } = parsed((await heard.all).at(-1));
  await client.end();
  return [heard.status, error.code, error.data.code, error.data.field];
}

test.each([
  ["tools/call", { name: "nope" }, [200, -32602, "tool_unknown", "params.name"]],
  ["tools/call", { name: "constructor" }, [200, -32602, "tool_unknown", "params.name"]],
  ["tools/call", { name: 7 }, [200, -32602, "params_invalid", "params.name"]],
  ["tools/call", undefined, [200, -32602, "params_invalid", "params.name"]],
  ["prompts/get", { name: "nope" }, [200, -32602, "prompt_unknown", "params.name"]],
  ["completion/complete", { ref: { type: "x" } }, [200, -32602, "params_invalid", "params.ref.type"]],
  ["tools/list", { cursor: "x" }, [200, -32602, "params_invalid", "params.cursor"]],
  ["logging/setLevel", { level: "loud" }, [200, -32602, "params_invalid", "params.level"]],
  ["initialize", { protocolVersion: 1 }, [200, -32602, "params_invalid", "params.clientInfo"]],
  ["resources/subscribe", { uri: 7 }, [200, -32602, "params_invalid", "params.uri"]],
  ["resources/unsubscribe", {}, [200, -32602, "params_invalid", "params.uri"]],
  ["server/discover", {}, [200, -32601, "method_unknown", undefined]],
  ["__proto__", {}, [200, -32601, "method_unknown", undefined]],
])("legacy %s %j", async (method, params, expected) => {
  expect(await legacyError(method, params)).toEqual(expected);
});

test("a resource that nobody holds is -32002 to legacy clients, -32602 to modern ones", async () => {
  const door = await house.open("bare", []);
  const client = await openLegacy(door);
  const old = parsed(await client.call("resources/read", { uri: "none://1" }));
  const young = parsed((await (await sayModern(door, "resources/read", { uri: "none://1" })).all)[0]);
  expect([old["error"].code, old["error"].data]).toEqual([
    -32002,
    expect.objectContaining({ code: "resource_unknown", uri: "none://1" }),
  ]);
  expect(young["error"].code).toBe(-32602);
});

test.each<[string, string, Record<string, unknown>, object, unknown[]]>([
  ["an unknown method", "nope", {}, {}, [404, -32601, "method_unknown"]],
  ["initialize", "initialize", {}, {}, [404, -32601, "method_unknown"]],
  ["ping", "ping", {}, {}, [404, -32601, "method_unknown"]],
  ["an unknown tool", "tools/call", { name: "nope" }, {}, [200, -32602, "tool_unknown"]],
  [
    "a name header that disagrees",
    "tools/call",
    { name: "new_t" },
    { "mcp-name": "x" },
    [400, -32020, "header_mismatch"],
  ],
  [
    "a method header that disagrees",
    "tools/list",
    {},
    { "mcp-method": "tools/call" },
    [400, -32020, "header_mismatch"],
  ],
  ["a version header that disagrees", "tools/list", {}, legacy, [400, -32020, "header_mismatch"]],
])("modern: %s", async (_, method, params, headers, expected) => {
  const heard = await sayModern(door, method, params, { headers: headers as Record<string, string> });
  const { error } = parsed((await heard.all)[0]);
  expect([heard.status, error.code, error.data.code]).toEqual(expected);
});

test("a modern client has nothing to answer", async () => {
  const said = { headers: modern, body: '{"jsonrpc":"2.0","id":1,"result":{}}' };
  expect(await outcome(said)).toEqual([400, -32600, "message_invalid"]);
});

test("an unknown version is told which are served", async () => {
  const meta = { "io.modelcontextprotocol/protocolVersion": "2030-01-01" };
  const heard = await sayModern(
    door,
    "tools/list",
    {},
    { meta, headers: { "mcp-protocol-version": "2030-01-01" } },
  );
  expect([heard.status, parsed((await heard.all)[0])["error"]]).toMatchObject([
    400,
    {
      code: -32022,
      data: {
        supported: ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"],
        requested: "2030-01-01",
      },
    },
  ]);
});

test("each refusal above is on record under who was refused", async () => {
  const before = (await house.records()).length;
  await sayModern(other, "tools/call", { name: "nope" });
  const records = (await house.records()).slice(before);
  expect(records).toMatchObject([
    {
      portal: "theirs",
      era: "modern",
      method: "tools/call",
      target: "nope",
      clientName: "tester",
      clientVersion: "9",
      outcome: "refused",
      stage: "resolve",
      code: "tool_unknown",
    },
  ]);
});
