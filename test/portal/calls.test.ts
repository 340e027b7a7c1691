import { portalTools } from "@castellan/portal";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { exoticRpcError, exoticTools, startExoticLegacy, startExoticModern } from "../fixtures/exotic.ts";
import { metaKeys } from "../fixtures/modern-rules.ts";
import { startRawLegacy, type RawLegacyServer } from "../fixtures/raw-legacy.ts";
import { startRawModern, type RawModernServer } from "../fixtures/raw-modern.ts";
import { RpcError, type Script } from "../fixtures/script.ts";
import { openLegacy, parsed, rpc, sayModern, type Door } from "./client.ts";
import { openPortals, type Portals } from "./open-portals.ts";

let house: Portals;
let legacy: RawLegacyServer;
let modern: RawModernServer;
let twin: RawLegacyServer;
let door: Door;
const opened = new AsyncDisposableStack();

const lists: Script = {
  "tools/list": () =>
    '{"resultType":"complete","tools":[{"name":"t","inputSchema":{"type":"object","properties":{"id":{"type":"integer","x-mcp-header":"Id"}}}}]}',
  "prompts/list": () => '{"prompts":[{"name":"p"}]}',
  "resources/list": () => '{"resources":[{"uri":"x://1","name":"1"}]}',
  "resources/templates/list": () => '{"resourceTemplates":[{"uriTemplate":"x://{id}","name":"t"}]}',
};
const echo = (raw: string) => `{"resultType":"complete","content":[],"structuredContent":${raw}}`;
const script: Script = {
  ...lists,
  "tools/call": () => echo("{}"),
  "prompts/get": () => '{"resultType":"complete","messages":[]}',
  "resources/read": () => '{"resultType":"complete","contents":[]}',
  "completion/complete": () => '{"resultType":"complete","completion":{"values":[]}}',
};

beforeAll(async () => {
  house = opened.use(await openPortals({ upstream: { idleTimeoutMs: 5_000 } }));
  legacy = opened.use(await startRawLegacy({ script }));
  twin = opened.use(await startRawLegacy({ script }));
  modern = opened.use(await startRawModern({ script, headerParams: { t: { Id: ["id"] } } }));
  await house.sync("old", legacy.url);
  await house.sync("twin", twin.url);
  await house.sync("new", modern.url, { clientFeatures: ["elicitation_form"] });
  door = await house.open("main", ["old", "twin", "new"]);
});

beforeEach(() => {
  for (const server of [legacy, modern, twin]) {
    server.script = script;
    server.recording.clear();
  }
});

afterAll(() => opened.disposeAsync());

const envelope = `{"${metaKeys.protocolVersion}":"2026-07-28","${metaKeys.clientCapabilities}":{"elicitation":{}},"n":1E400}`;
const lastBody = (server: RawLegacyServer | RawModernServer) => server.recording.requests.at(-1)?.body;

test.each([
  [
    "tools/call",
    '{ "arguments":{"n":1234567890123456789,"e":1E400}, "name" : "old_t", "x":-0 }',
    '{ "arguments":{"n":1234567890123456789,"e":1E400}, "name" : "t", "x":-0 }',
  ],
  ["tools/call", '{"n\\u0061me":"old_t","uri":"name"}', '{"n\\u0061me":"t","uri":"name"}'],
  ["prompts/get", '{"uri":"x","name":"old_p"}', '{"uri":"x","name":"p"}'],
  ["resources/read", '{"name":"x","uri":"x://1"}', '{"name":"x","uri":"x://1"}'],
  ["resources/read", '{"uri":"x://9"}', '{"uri":"x://9"}'],
  [
    "completion/complete",
    '{"name":"old_p","ref":{"type":"ref/prompt","uri":"u","name":"old_p"},"argument":{"name":"a","value":1E2}}',
    '{"name":"old_p","ref":{"type":"ref/prompt","uri":"u","name":"p"},"argument":{"name":"a","value":1E2}}',
  ],
  [
    "completion/complete",
    '{"ref":{"type":"ref/resource","uri":"x://{id}"},"argument":{"name":"id","value":""}}',
    '{"ref":{"type":"ref/resource","uri":"x://{id}"},"argument":{"name":"id","value":""}}',
  ],
])("%s %s reaches the server as it came, but for the name", async (method, said, arrived) => {
  const client = await openLegacy(door);
  expect(parsed(await client.call(method, said))).toHaveProperty("result");
  expect(lastBody(legacy)).toMatch(/^\{"jsonrpc":"2.0","id":\d+,"method":"/);
  expect(lastBody(legacy)?.endsWith(`,"params":${arrived}}`)).toBe(true);
  await client.end();
});

test.each([
  ["resources/read", '{"name":"x","uri":"gw+twin:x://1"}', '{"name":"x","uri":"x://1"}'],
  ["resources/read", '{"uri":"gw+twin:x://9"}', '{"uri":"x://9"}'],
  [
    "completion/complete",
    '{"ref":{"type":"ref/resource","name":"n","uri":"gw+twin:x://{id}"},"argument":{}}',
    '{"ref":{"type":"ref/resource","name":"n","uri":"x://{id}"},"argument":{}}',
  ],
])("%s %s goes to the second server of that URI, under its own", async (method, said, arrived) => {
  const client = await openLegacy(door);
  expect(parsed(await client.call(method, said))).toHaveProperty("result");
  expect(lastBody(twin)?.endsWith(`,"params":${arrived}}`)).toBe(true);
  expect(legacy.recording.of(method)).toEqual([]);
  await client.end();
});

test("a modern call carries the headers of its hop, and no token of the client's", async () => {
  const heard = await sayModern(
    door,
    "tools/call",
    { name: "new_t", arguments: { id: 3 } },
    { headers: { "mcp-param-id": "3", "x-secret": "mine" } },
  );
  expect(parsed((await heard.all)[0])["result"].structuredContent).toEqual({});
  const { headers } = modern.recording.requests.at(-1) ?? { headers: {} };
  expect(headers).toMatchObject({
    authorization: "Bearer of-the-house",
    "mcp-method": "tools/call",
    "mcp-name": "t",
    "mcp-param-id": "3",
    "mcp-protocol-version": "2026-07-28",
  });
  expect(JSON.stringify(modern.recording.requests)).not.toContain(door.token);
  expect(headers).not.toHaveProperty("x-secret");
});

test("integers beyond a double are one number in header and body, at each hop", async () => {
  const said = (header: string) =>
    sayModern(
      door,
      "tools/call",
      {},
      {
        body: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"new_t","arguments":{"id":12345678901234567890},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`,
        headers: { "mcp-name": "new_t", "mcp-param-id": header },
      },
    );
  // The fixture compares with what JSON.parse makes of the body, so only what reaches it is looked at.
  await (
    await said("12345678901234567890")
  ).all;
  expect(modern.recording.requests.at(-1)?.headers["mcp-param-id"]).toBe("12345678901234567890");
  const other = await said("12345678901234567891");
  expect([other.status, parsed((await other.all)[0])["error"].code]).toEqual([400, -32020]);
});

test.each(["legacy", "modern"] as const)("%s: an error passes with its code, words and data", async (era) => {
  const server = opened.use(await (era === "legacy" ? startExoticLegacy() : startExoticModern()));
  await house.sync(`exotic-${era}`, server.url);
  const door = await house.open(`exotic-${era}`, [`exotic-${era}`], "plain");
  const heard =
    era === "legacy"
      ? await (await openLegacy(door)).call("tools/call", { name: "exotic_rpc_error" })
      : (await (await sayModern(door, "tools/call", { name: "exotic_rpc_error" })).all)[0];
  const { code, message, data } = exoticRpcError;
  expect(heard).toContain(`"error":{"code":${code},"message":${JSON.stringify(message)},"data":${data}}`);
  const [record] = (await house.records()).slice(-1);
  expect(record).toMatchObject({ outcome: "error", code: String(code), server: `exotic-${era}` });
  const list =
    era === "legacy"
      ? await (await openLegacy(door)).call("tools/list")
      : ((await (await sayModern(door, "tools/list")).all)[0] ?? "");
  const tools = [...Object.values(exoticTools), ...portalTools.definitions()];
  expect(list).toContain(`"tools":[${tools.join(",")}]`);
});

test.each([
  [-32021, 400, { code: -32021, message: "say", data: { requiredCapabilities: { sampling: {} } } }],
  [-32601, 404, { code: -32601, message: "say", data: { requiredCapabilities: { sampling: {} } } }],
  [-32602, 200, { code: -32602, message: "say", data: { requiredCapabilities: { sampling: {} } } }],
  // These speak of the hop to the server: to the client they would say that its own request is wrong.
  [-32020, 200, { code: -32000, data: { code: "upstream_refused", rpcCode: -32020 } }],
  [-32022, 200, { code: -32000, data: { code: "upstream_refused", rpcCode: -32022 } }],
])("modern: a server's %d is told with status %d", async (code, status, error) => {
  modern.script = {
    ...script,
    "tools/call": () => {
      throw new RpcError(code, "say", '{"requiredCapabilities":{"sampling":{}}}');
    },
  };
  const heard = await sayModern(door, "tools/call", { name: "new_t" });
  expect([heard.status, parsed((await heard.all)[0])["error"]]).toMatchObject([status, error]);
});

test("a tool that fails is a result, and on record as that", async () => {
  legacy.script = { ...script, "tools/call": () => '{"isError":true,"content":[]}' };
  const client = await openLegacy(door);
  expect(parsed(await client.call("tools/call", { name: "old_t" }))["result"].isError).toBe(true);
  expect((await house.records()).at(-1)).toMatchObject({ outcome: "tool_error", target: "old_t" });
  await client.end();
});

test("progress and log messages come ahead of the answer, in order, with the client's token", async () => {
  const log = '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1E400}}';
  const run: Script["tools/call"] = async function* (_, call) {
    yield call.progress(1, 2);
    yield log;
    yield '{"jsonrpc":"2.0","method":"notifications/x-unknown","params":{}}';
    yield call.result(echo("{}"));
  };
  legacy.script = modern.script = { ...script, "tools/call": run };
  const expected = [
    '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"tok","progress":1,"total":2}}',
    log,
    '{"jsonrpc":"2.0","method":"notifications/x-unknown","params":{}}',
  ];
  const client = await openLegacy(door);
  const old = await client.send(rpc("a", "tools/call", { name: "old_t", _meta: { progressToken: "tok" } }));
  expect((await old.all).slice(0, 3)).toEqual(expected);
  const meta = { progressToken: "tok", "io.modelcontextprotocol/logLevel": "info" };
  const young = await sayModern(door, "tools/call", { name: "new_t" }, { meta });
  expect((await young.all).slice(0, 3)).toEqual(expected);
  const unlogged = await sayModern(
    door,
    "tools/call",
    { name: "new_t" },
    { meta: { ...meta, "io.modelcontextprotocol/logLevel": undefined } },
  );
  expect((await unlogged.all).slice(0, -1)).toEqual(expected.filter((text) => text !== log));
  await client.end();
});

test("what a server says about other requests, or about lists, is not passed on", async () => {
  const run: Script["tools/call"] = async function* (_, call) {
    for (const token of ['"other"', "1", "null"])
      yield call.notification("notifications/progress", `{"progressToken":${token},"progress":1}`);
    yield call.notification("notifications/progress", "{}");
    yield call.notification("notifications/cancelled", '{"requestId":"castellan-1"}');
    yield call.notification("notifications/cancelled");
    yield call.notification("notifications/tools/list_changed");
    yield call.result(echo("{}"));
  };
  legacy.script = modern.script = { ...script, "tools/call": run };
  const client = await openLegacy(door);
  for (const meta of [undefined, {}, { progressToken: "mine" }]) {
    const old = await client.send(rpc("a", "tools/call", { name: "old_t", _meta: meta }));
    expect(await old.all).toHaveLength(1);
    const young = await sayModern(door, "tools/call", { name: "new_t" }, { meta: meta ?? {} });
    expect(await young.all).toHaveLength(1);
  }
  await client.end();
});

test("a modern server that asks is not heard, its answer is", async () => {
  modern.script = {
    ...script,
    "tools/call": async function* (_, call) {
      yield call.ask("q", "elicitation/create");
      yield call.result(echo("{}"));
    },
  };
  const heard = await sayModern(door, "tools/call", { name: "new_t" });
  expect(await heard.all).toHaveLength(1);
});

test("a multi-round-trip answer and its retry pass as they are, but for the state, which only its server sees", async () => {
  const state = String.raw`"opaque \u00e9\ud800 \/ 1E400"`;
  const asked = (text: string) =>
    `{ "x":1E400,"requestState" : ${text},"inputRequests":{"k":{"method":"elicitation/create","params":{"n":1E400}}}, "resultType":"input_required"}`;
  modern.script = {
    ...script,
    "tools/call": ({ inputResponses }: { inputResponses?: unknown }) =>
      inputResponses === undefined ? asked(state) : echo("{}"),
  };
  const say = async (members: string, id: number) => {
    const body = rpc(id, "tools/call", `{"name":"new_t",${members},"_meta":${envelope}}`);
    return (await (await sayModern(door, "tools/call", { name: "new_t" }, { body })).all)[0] ?? "";
  };
  const first = await say('"arguments":{"n":1E400}', 1);
  const sealed = String(parsed(first)["result"].requestState);
  expect(sealed).toMatch(/^[\w-]{100,}$/);
  expect(first).toBe(`{"jsonrpc":"2.0","id":1,"result":${asked(`"${sealed}"`)}}`);

  const answers = '"inputResponses":{"k":{"action":"accept","content":{"n":1E400}}}';
  const retry = (text: string) => `${answers}, "requestState" : ${text}, "arguments":{"n":1E400}`;
  expect(await say(retry(`"${sealed}"`), 2)).toBe(`{"jsonrpc":"2.0","id":2,"result":${echo("{}")}}`);
  expect(lastBody(modern)).toMatch(/^\{"jsonrpc":"2.0","id":\d+,"method":"tools\/call","params":\{/);
  expect(lastBody(modern)?.endsWith(`{"name":"t",${retry(state)},"_meta":${envelope}}}`)).toBe(true);

  // The server's own words do not get back to it by any other way, nor with another request.
  modern.recording.clear();
  for (const members of [
    retry(state),
    retry(`"${sealed.slice(0, -1)}"`),
    `${retry(`"${sealed}"`)},"x":1`.replace('"arguments":{"n":1E400}', '"arguments":{"n":1E401}'),
  ])
    expect(parsed(await say(members, 3))["error"]).toMatchObject({
      code: -32602,
      data: { code: "request_state_invalid", field: "params.requestState" },
    });
  expect(modern.recording.requests).toEqual([]);
});

test("no fault of this house was seen", () => {
  expect([house.faults, house.errors]).toEqual([[], []]);
});
