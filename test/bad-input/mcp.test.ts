/** What is wrong with a message is said in the way that the message's era has for it, and does no harm. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { modernMeta, type SentHeaders } from "../fidelity/wire.ts";
import { badMessages } from "./messages.ts";
import { expectRefusal, startScene, type Refusal, type Scene } from "./scene.ts";
import { createSender, modernRequest, request } from "./sender.ts";

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene[Symbol.asyncDispose]());
afterEach(() => scene.expectUnharmed());

const { legacy, modern } = createSender(() => scene);

describe("messages, legacy", () => {
  test.each(Object.entries(badMessages("l_echo", "")))("%s", async (_, { refusal, ...row }) =>
    expectRefusal(await legacy(row), refusal),
  );
});

describe("messages, modern", () => {
  test.each(Object.entries(badMessages("m_echo", `,${modernMeta}`)))("%s", async (_, { refusal, ...row }) =>
    expectRefusal(await modern(row), refusal),
  );
});

type Case = readonly [name: string, method: string, params: string, refusal: Omit<Refusal, "id">];

const params = (field: string): Omit<Refusal, "id"> => ({
  status: 200,
  rpc: -32602,
  code: "params_invalid",
  field,
});
const unknown = (kind: string, field: string, rpc = -32602): Omit<Refusal, "id"> => ({
  status: 200,
  rpc,
  code: `${kind}_unknown`,
  field,
});

/** Requests that are well-formed, and ask for what is not there. */
const wrongParams: readonly Case[] = [
  ["a tool that is not there", "tools/call", '{"name":"l_nope"}', unknown("tool", "params.name")],
  ["a tool under its own name", "tools/call", '{"name":"echo"}', unknown("tool", "params.name")],
  ["a tool called constructor", "tools/call", '{"name":"constructor"}', unknown("tool", "params.name")],
  ["a tool without a name", "tools/call", "{}", params("params.name")],
  ["a tool's name as a number", "tools/call", '{"name":1}', params("params.name")],
  ["a tool's name as an object", "tools/call", '{"name":{"a":1}}', params("params.name")],
  ["a prompt that is not there", "prompts/get", '{"name":"l_nope"}', unknown("prompt", "params.name")],
  ["a prompt's name as null", "prompts/get", '{"name":null}', params("params.name")],
  ["a resource's address as a list", "resources/read", '{"uri":[]}', params("params.uri")],
  ["a completion of nothing", "completion/complete", "{}", params("params.ref.type")],
  ["a completion of a tool", "completion/complete", '{"ref":{"type":"ref/tool"}}', params("params.ref.type")],
  ["a completion of a list", "completion/complete", '{"ref":[1]}', params("params.ref.type")],
  [
    "a completion of an unnamed prompt",
    "completion/complete",
    '{"ref":{"type":"ref/prompt"}}',
    params("params.ref.name"),
  ],
  [
    "a completion of a prompt that is not there",
    "completion/complete",
    '{"ref":{"type":"ref/prompt","name":"nope"}}',
    unknown("prompt", "params.ref.name"),
  ],
  [
    "a completion of an address that is no string",
    "completion/complete",
    '{"ref":{"type":"ref/resource","uri":{}}}',
    params("params.ref.uri"),
  ],
  ["a cursor that nobody handed out", "tools/list", '{"cursor":"x"}', params("params.cursor")],
  ["a cursor that is no string", "resources/list", '{"cursor":{"$gt":""}}', params("params.cursor")],
];

const nameOf = ([name]: Case) => name;

describe("params", () => {
  test.each(wrongParams.map((row) => [nameOf(row), row] as const))("legacy: %s", async (_, row) => {
    const [, method, text, refusal] = row;
    expectRefusal(await legacy({ body: request(method, text) }), { ...refusal, id: 1 });
  });

  test.each(wrongParams.map((row) => [nameOf(row), row] as const))("modern: %s", async (_, row) => {
    const [, method, text, refusal] = row;
    expectRefusal(await modern({ body: modernRequest(method, text) }), { ...refusal, id: 1 });
  });

  test.each([
    ["initialize without a version", "initialize", '{"capabilities":{},"clientInfo":{}}', "protocolVersion"],
    [
      "initialize without capabilities",
      "initialize",
      '{"protocolVersion":"2025-11-25","clientInfo":{}}',
      "capabilities",
    ],
    [
      "initialize by nobody",
      "initialize",
      '{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":[]}',
      "clientInfo",
    ],
    ["a log level that is none", "logging/setLevel", '{"level":"loud"}', "level"],
    ["a log level that is a number", "logging/setLevel", '{"level":1}', "level"],
  ])("legacy: %s", async (_, method, text, field) =>
    expectRefusal(await legacy({ body: request(method, text) }), { ...params(`params.${field}`), id: 1 }),
  );

  test.each(["{}", '{"notifications":true}', '{"notifications":[]}'])(
    "modern: listening to %s",
    async (text) =>
      expectRefusal(await modern({ body: modernRequest("subscriptions/listen", text) }), {
        ...params("params.notifications"),
        id: 1,
      }),
  );

  test("modern: to listen without taking a stream", async () =>
    expectRefusal(
      await modern({
        body: modernRequest("subscriptions/listen", '{"notifications":{}}'),
        headers: { accept: "application/json" },
      }),
      { status: 406, rpc: -32000, code: "not_acceptable", field: "Accept", id: 1 },
    ));

  test("who says nothing of Accept takes anything (RFC 9110 §12.5.1)", async () => {
    const reply = await legacy({ body: request("tools/call", '{"name":"l_echo"}'), headers: { accept: [] } });
    expect(JSON.parse(reply.text)).toMatchObject({ id: 1, result: { content: [] } });
  });

  test.each(["test://two", "gw+nope:test://two", "gw+:test://one", "gw+l"])(
    "an unknown resource has each era's own code: %s",
    async (uri) => {
      const refusal = { status: 200, code: "resource_unknown", field: "params.uri", id: 1 };
      const params = JSON.stringify({ uri });
      // Two servers have resources: neither is the one that must know it.
      expectRefusal(await legacy({ body: request("resources/read", params) }), { ...refusal, rpc: -32002 });
      expectRefusal(await legacy({ body: request("resources/subscribe", params) }), {
        ...refusal,
        rpc: -32002,
      });
      expectRefusal(await modern({ body: modernRequest("resources/read", params) }), {
        ...refusal,
        rpc: -32602,
      });
    },
  );

  test("the only server with resources is asked for whatever no list names", async () => {
    const params = '{"uri":"gw+nope:test://two"}';
    for (const [era, session] of [
      ["legacy", scene.sessions.elsewhere],
      ["modern", scene.sessions.modern],
    ] as const) {
      const url = scene.urls[era];
      const headers = { "mcp-session-id": session };
      for (const reply of [
        await legacy({ url, body: request("resources/read", params), headers }),
        await modern({ url, body: modernRequest("resources/read", params) }),
      ])
        expect(JSON.parse(reply.text)).toMatchObject({ id: 1, result: { contents: [] } });
    }
  });
});

describe("methods", () => {
  const missing = { rpc: -32601, code: "method_unknown", id: 1 };
  test.each(["no/such", "tools/call ", "server/discover", "subscriptions/listen", "__proto__", "toString"])(
    "legacy: %s",
    async (method) => expectRefusal(await legacy({ body: request(method) }), { ...missing, status: 200 }),
  );
  test.each([
    "no/such",
    "ping",
    "initialize",
    "logging/setLevel",
    "resources/subscribe",
    "__proto__",
    "tasks/list",
    "tasks/result",
  ])("modern: %s", async (method) =>
    expectRefusal(await modern({ body: modernRequest(method) }), { ...missing, status: 404 }),
  );

  describe.each(["tasks/get", "tasks/update", "tasks/cancel"])("modern: %s", (method) => {
    const ask = (params: string, extensions: string, name = "t") =>
      modern({
        body: modernRequest(method, params).replace(
          /("io\.modelcontextprotocol\/clientCapabilities":)\{\}/,
          `$1{"extensions":${extensions}}`,
        ),
        headers: { "mcp-name": name },
      });
    const declared = '{"io.modelcontextprotocol/tasks":{}}';

    test.each(["{}", '{"com.example/tasks":{}}', "[]"])(
      "by a client that declares %s",
      async (extensions) => {
        const reply = await ask('{"taskId":"t"}', extensions);
        expectRefusal(reply, { status: 400, rpc: -32021, code: "client_capability_missing", id: 1 });
        expect(JSON.parse(reply.text)).toMatchObject({
          error: { data: { requiredCapabilities: { extensions: { "io.modelcontextprotocol/tasks": {} } } } },
        });
      },
    );

    test("of a task that was never handed out", async () =>
      expectRefusal(await ask('{"taskId":"t"}', declared), {
        status: 200,
        rpc: -32602,
        code: "task_unknown",
        field: "params.taskId",
        id: 1,
      }));

    test.each(["1", "null", '{"a":1}', '["t"]'])("of %s", async (taskId) =>
      expectRefusal(await ask(`{"taskId":${taskId}}`, declared), { ...params("params.taskId"), id: 1 }),
    );

    test("of another than the header names", async () =>
      expectRefusal(await ask('{"taskId":"t"}', declared, "u"), {
        status: 400,
        rpc: -32020,
        code: "header_mismatch",
        field: "Mcp-Name",
        id: 1,
      }));

    test("of nothing", async () =>
      expectRefusal(await ask("{}", declared), { ...params("params.taskId"), id: 1 }));
  });
});

describe("versions", () => {
  const unsupported = {
    status: 400,
    rpc: -32022,
    code: "version_unsupported",
    field: "MCP-Protocol-Version",
  };
  const call = request("tools/call", '{"name":"l_echo"}');
  test.each(["1999-01-01", "2026-07-29", "latest", "2025-11-25, 2025-11-25", "x".repeat(5000)])(
    "legacy: %s",
    async (version) => {
      const reply = await legacy({ body: call, headers: { "mcp-protocol-version": version } });
      expectRefusal(reply, { ...unsupported, id: 1 });
      expect(JSON.parse(reply.text)).toMatchObject({
        error: {
          data: { requested: version.slice(0, 80), supported: expect.arrayContaining(["2026-07-28"]) },
        },
      });
    },
  );

  test.each(['"2099-01-01"', '"2025-11-25"', '""', "1", "null", '{"a":1}'])("modern: %s", async (claimed) => {
    const body = modernRequest("tools/list").replace('"2026-07-28"', () => claimed);
    const header = JSON.parse(claimed) as unknown;
    const isSame = typeof header === "string";
    const reply = await modern({
      body,
      headers: { "mcp-protocol-version": isSame ? header : "2026-07-28" },
    });
    expectRefusal(
      reply,
      isSame
        ? { ...unsupported, id: 1 }
        : { status: 400, rpc: -32020, code: "header_mismatch", field: "MCP-Protocol-Version", id: 1 },
    );
  });

  test("initialize negotiates what it does not know, whatever its header says", async () => {
    const body = request(
      "initialize",
      '{"protocolVersion":"1999-01-01","capabilities":{},"clientInfo":{"name":"x","version":"1"}}',
    );
    const reply = await legacy({
      body,
      headers: { "mcp-session-id": [], "mcp-protocol-version": "1999-01-01" },
    });
    expect(JSON.parse(reply.text)).toMatchObject({ id: 1, result: { protocolVersion: "2025-11-25" } });
  });
});

describe("modern: headers and body", () => {
  const body = modernRequest("tools/call", '{"name":"m_echo"}');
  const mismatch = (field: string): Refusal => ({
    status: 400,
    rpc: -32020,
    code: "header_mismatch",
    field,
    id: 1,
  });
  test.each<[string, SentHeaders, Refusal]>([
    ["another method", { "mcp-method": "tools/list" }, mismatch("Mcp-Method")],
    ["another case of the method", { "mcp-method": "Tools/Call" }, mismatch("Mcp-Method")],
    ["no method", { "mcp-method": [] }, mismatch("Mcp-Method")],
    ["two methods", { "mcp-method": ["tools/call", "tools/call"] }, mismatch("Mcp-Method")],
    ["another name", { "mcp-name": "m_other" }, mismatch("Mcp-Name")],
    ["no name", { "mcp-name": [] }, mismatch("Mcp-Name")],
    ["a name in broken base64", { "mcp-name": "=?base64?bV9lY2hv=x?=" }, mismatch("Mcp-Name")],
    ["another version", { "mcp-protocol-version": "2025-11-25" }, mismatch("MCP-Protocol-Version")],
    ["no version", { "mcp-protocol-version": [] }, mismatch("MCP-Protocol-Version")],
  ])("%s", async (_, headers, refusal) => expectRefusal(await modern({ body, headers }), refusal));

  test("the name in base64 is the same name", async () => {
    const headers = { "mcp-name": `=?base64?${Buffer.from("m_echo").toString("base64")}?=` };
    expect((await modern({ body, headers })).status).toBe(200);
  });

  test.each<[string, string, string]>([
    ["no _meta", '{"name":"m_echo"}', "protocolVersion"],
    ["_meta as a list", '{"name":"m_echo","_meta":[1]}', "protocolVersion"],
    ["_meta as a string", '{"name":"m_echo","_meta":"2026-07-28"}', "protocolVersion"],
    [
      "no capabilities",
      '{"name":"m_echo","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}',
      "clientCapabilities",
    ],
    [
      "capabilities as a list",
      '{"name":"m_echo","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":[]}}',
      "clientCapabilities",
    ],
  ])("%s", async (_, text, key) =>
    expectRefusal(await modern({ body: request("tools/call", text) }), {
      status: 400,
      rpc: -32602,
      code: "meta_missing",
      field: `params._meta.io.modelcontextprotocol/${key}`,
      id: 1,
    }),
  );
});

describe("what wants no answer", () => {
  const taken = { status: 202, text: "" };
  test.each([
    '{"jsonrpc":"2.0","method":"notifications/no_such"}',
    '{"jsonrpc":"2.0","method":"notifications/initialized"}',
    '{"jsonrpc":"2.0","method":"notifications/cancelled"}',
    '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{"a":1}}}',
    '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"nobody"}}',
    '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":[]}}',
    '{"jsonrpc":"2.0","method":"tools/call","params":{"name":"l_echo"}}',
  ])("%s", async (body) => {
    expect(await legacy({ body })).toMatchObject(taken);
    expect(await modern({ body })).toMatchObject(taken);
  });

  test.each([
    '{"jsonrpc":"2.0","id":"castellan-1","result":{}}',
    '{"jsonrpc":"2.0","id":99,"result":{"action":"accept"}}',
    '{"jsonrpc":"2.0","id":null,"error":{"code":-32603,"message":"x"}}',
    '{"jsonrpc":"2.0","id":"x","error":{"code":1E400,"message":"\\u0000"}}',
  ])("an answer that nobody asked for: %s", async (body) => {
    expect(await legacy({ body })).toMatchObject(taken);
    expectRefusal(await modern({ body }), { status: 400, rpc: -32600, code: "message_invalid" });
  });
});
