/** A member who says one thing in one place and another elsewhere, or what the protocol does not say at all. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { metaKeys } from "../fixtures/modern-rules.ts";
import { obliging } from "../harness/callers/caller.ts";
import { cells } from "../harness/cells.ts";
import { openAttackScene, type AttackScene } from "./scene.ts";

let scene: AttackScene;
beforeAll(async () => {
  scene = await openAttackScene();
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const extension = "com.example/echo";
const echoes = {
  capabilities: `{"tools":{},"prompts":{},"resources":{},"extensions":{"${extension}":{}},"experimental":{"${extension}":{}}}`,
  script: {
    "tools/list": () =>
      `{"resultType":"complete","tools":[{"name":"t","inputSchema":{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"}}}},{"name":"u","inputSchema":{"type":"object"}}]}`,
    "tools/call": (params: object) =>
      `{"resultType":"complete","content":[],"structuredContent":${JSON.stringify(params)}}`,
    "tasks/list": () => `{"resultType":"complete","tasks":[{"taskId":"of somebody else"}]}`,
    "resources/read": () => `{"resultType":"complete","contents":[]}`,
    [extension]: () => `{"resultType":"complete"}`,
  },
};
const modernCells = cells.filter(({ caller }) => caller === "modern");

describe.each(cells)("$cell: $caller caller, $server server", ({ caller: era, server: to }) => {
  test.each([
    "tasks/list",
    "tasks/result",
    "Tasks/Get",
    "tools/call ",
    " tools/call",
    "tools//call",
    "tools/call/",
    "TOOLS/CALL",
    "tools/search",
    "prompts/render",
    "completion/x",
    "com.example/ü",
    "com.example/x y",
    "com.example/x\u0000",
    "com.example/",
    "/x",
    "sampling/createMessage",
    "Elicitation/create",
    "notifications/x",
    "initialize/x",
    "rpc.x/y",
  ])("%j is no method of an extension", async (method) => {
    const hostile = await scene.hostile(to, echoes);
    const caller = await hostile.caller(era);
    hostile.server.recording.clear();
    // Of an odd name the header is another one than the body, where it can be sent at all.
    const headers = { "mcp-method": method.replaceAll(/[^!-~]/g, "?") };
    const { message, text } = await caller.request(
      method,
      { name: `${hostile.slug}_t`, taskId: "x", _meta: undefined },
      { headers, meta: { "dev.castellan/server": hostile.slug } },
    );
    expect([-32601, -32020], text).toContain(message.error?.code);
    expect(hostile.server.recording.requests).toEqual([]);
  });

  test("a method of an extension reaches the server that is named, and no other name does", async () => {
    const hostile = await scene.hostile(to, echoes);
    const caller = await hostile.caller(era);
    const ask = (named: unknown) =>
      caller.request(extension, {}, { meta: { "dev.castellan/server": named } });
    expect((await ask(hostile.slug)).message.result).toBeDefined();
    for (const named of ["other", "", "__proto__", "toString", `${hostile.slug} `])
      expect((await ask(named)).message.error?.code).toBe(-32601);
  });

  test("what belongs to the other era's envelope does not get through", async () => {
    const hostile = await scene.hostile(to, echoes);
    const caller = await hostile.caller(era, { capabilities: {} });
    const smuggled = {
      [metaKeys.clientCapabilities]: { sampling: {}, elicitation: { form: {}, url: {} } },
      [metaKeys.clientInfo]: { name: "somebody else", version: "9" },
      "io.modelcontextprotocol/logLevel": "debug",
    };
    const meta = era === "legacy" ? smuggled : {};
    const more = era === "legacy" ? { inputResponses: { a: {} }, requestState: "theirs" } : {};
    const params = { name: `${hostile.slug}_u`, arguments: { a: 1 }, ...more };
    const { message, text } = await caller.request("tools/call", params, { meta });
    const told = message.result?.structuredContent as Record<string, Record<string, unknown>>;
    expect(told, text).toMatchObject({ name: "u", arguments: { a: 1 } });
    if (to === "modern") {
      expect(told["_meta"]?.[metaKeys.clientCapabilities]).toEqual({});
      expect(told["_meta"]?.[metaKeys.clientInfo]).toMatchObject({ name: "caller" });
      expect([told["inputResponses"], told["requestState"]]).toEqual([undefined, undefined]);
    } else if (era === "modern") expect(told["_meta"]).toBeUndefined();
  });

  test.each([
    `{"name":"SLUG_u","name":"SLUG_t"}`,
    String.raw`{"name":"SLUG_u","n\u0061me":"SLUG_t"}`,
    `{"name":"SLUG_u","arguments":{"a":1,"a":2}}`,
    `{"name":"SLUG_u","__proto__":{"x":1}}`,
    String.raw`{"name":"SLUG_u","arguments":{"\u005f_proto__":1}}`,
    `{"name":"SLUG_u","arguments":${'{"a":'.repeat(200)}1${"}".repeat(200)}}`,
  ])("what two readers could read differently reaches no server: %s", async (params) => {
    const hostile = await scene.hostile(to, echoes);
    const caller = await hostile.caller(era);
    hostile.server.recording.clear();
    const { message } = await caller.request("tools/call", params.replaceAll("SLUG", hostile.slug));
    expect(message.error?.code).toBe(-32600);
    expect(hostile.server.recording.requests).toEqual([]);
  });
});

describe.each(modernCells)("$cell: modern caller, $server server", ({ server: to }) => {
  test.each([
    ["tools/call", "name", "u"],
    ["prompts/get", "name", "t"],
    ["resources/read", "uri", "x://1"],
    ["tasks/get", "taskId", "t"],
  ])(
    "%s under another Mcp-Name or Mcp-Method than the body's reaches no server",
    async (method, member, name) => {
      const hostile = await scene.hostile(to, echoes);
      const caller = await hostile.caller("modern");
      hostile.server.recording.clear();
      const aim = member === "name" ? `${hostile.slug}_${name}` : name;
      const other = `${hostile.slug}_t2`;
      for (const headers of [
        { "mcp-name": other },
        { "mcp-name": "" },
        { "mcp-name": `${aim}, ${other}` },
        { "mcp-name": `=?base64?${Buffer.from(other).toString("base64")}?=` },
        { "mcp-name": `=?BASE64?${Buffer.from(aim).toString("base64")}?=` },
        { "mcp-method": "tools/list" },
        { "mcp-method": method.toUpperCase() },
        { "mcp-protocol-version": "2025-11-25" },
      ]) {
        const { status, message } = await caller.request(method, { [member]: aim }, { headers });
        expect([status, message.error?.code], JSON.stringify(headers)).toEqual([400, -32020]);
      }
      expect(hostile.server.recording.requests).toEqual([]);
    },
  );

  test("an enormous heap of answers that nobody asked for is taken in good time", async () => {
    const hostile = await scene.hostile(to, echoes);
    const caller = await hostile.caller("modern");
    const answers = Array.from({ length: 200_000 }, (_, n) => `"k${n}":{"a":1}`).join(",");
    const startedMs = performance.now();
    const { message, text } = await caller.request(
      "tools/call",
      `{"name":"${hostile.slug}_u","inputResponses":{${answers}}}`,
    );
    expect(message.result, text.slice(0, 300)).toBeDefined();
    expect(performance.now() - startedMs).toBeLessThan(8_000);
  });

  test("an enormous retry is refused in good time", async () => {
    const hostile = await scene.hostile(to, echoes);
    const caller = await hostile.caller("modern", { answers: obliging });
    const params = `{"name":"${hostile.slug}_u","requestState":"x","arguments":{"a":[${"0,".repeat(1_900_000)}0]}}`;
    const startedMs = performance.now();
    const { message } = await caller.request("tools/call", params);
    expect(message.error?.data).toMatchObject({ code: "request_state_invalid" });
    expect(performance.now() - startedMs).toBeLessThan(4_000);
  });
});

describe("C2: headers that repeat arguments", () => {
  const sent = (hostile: { server: { recording: { of(method: string): readonly { headers: object }[] } } }) =>
    Object.fromEntries(
      Object.entries(hostile.server.recording.of("tools/call").at(-1)?.headers ?? {}).filter(([name]) =>
        name.startsWith("mcp-param-"),
      ),
    );

  test("those that the tool does not mark go on, those that it marks are made anew (SEP-2243)", async () => {
    const hostile = await scene.hostile("modern", echoes);
    const caller = await hostile.caller("modern");
    const params = { name: `${hostile.slug}_t`, arguments: { region: "Zürich" } };
    const region = `=?base64?${Buffer.from("Zürich").toString("base64")}?=`;
    const headers = { "mcp-param-region": region, "Mcp-Param-Tenant": "a b", "mcp-param-x.y": region };
    const { text, message } = await caller.request("tools/call", params, { headers });
    expect(message.result, text).toBeDefined();
    expect(sent(hostile)).toEqual({
      "mcp-param-region": region,
      "mcp-param-tenant": "a b",
      "mcp-param-x.y": region,
    });
  });

  test.each([
    ["a value that is no base64", { "mcp-param-tenant": "=?base64?***?=" }],
    ["a value that no header may have", { "mcp-param-tenant": "caf\u00e9" }],
    ["a value that is too long", { "mcp-param-tenant": "x".repeat(5_000) }],
    ["too many", Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`mcp-param-n${n}`, "x"]))],
    ["one without a name", { "mcp-param-": "x" }],
    ["a marked one without its argument", { "mcp-param-region": "eu" }],
  ])("%s is refused", async (_, headers) => {
    const hostile = await scene.hostile("modern", echoes);
    const caller = await hostile.caller("modern");
    hostile.server.recording.clear();
    const { status, message } = await caller.request(
      "tools/call",
      { name: `${hostile.slug}_t` },
      { headers },
    );
    expect([status, message.error?.code]).toEqual([400, -32020]);
    expect(hostile.server.recording.requests).toEqual([]);
  });

  test.each(cells.filter(({ cell }) => cell !== "C2"))(
    "$cell: none of them leaves its hop",
    async ({ caller: era, server: to }) => {
      const hostile = await scene.hostile(to, echoes);
      const caller = await hostile.caller(era);
      const headers = {
        "mcp-param-tenant": "x",
        "mcp-name": `${hostile.slug}_u`,
        "mcp-method": "tools/call",
      };
      await caller.request("tools/call", { name: `${hostile.slug}_u` }, { headers });
      expect(sent(hostile)).toEqual({});
    },
  );
});
