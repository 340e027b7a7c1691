/** Nothing is lost in any cell: contents, fields, numbers and types that no specification knows. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Era } from "../fixtures/exotic.ts";
import { exoticCapabilities, exoticCompletion, exoticPrompt, exoticResource } from "../fixtures/exotic.ts";
import { exoticRpcError, exoticScript, exoticToolResult, exoticTools } from "../fixtures/exotic.ts";
import { startExoticLegacy, startExoticModern } from "../fixtures/exotic.ts";
import type { RawLegacyServer } from "../fixtures/raw-legacy.ts";
import type { RawModernServer } from "../fixtures/raw-modern.ts";
import type { Call, Script } from "../fixtures/script.ts";
import type { Door } from "../harness/callers/caller.ts";
import { cells, openCaller } from "../harness/cells.ts";
import { startTestHouse, type TestHouse } from "../harness/house.ts";

const opened = new AsyncDisposableStack();
let house: TestHouse;
let servers: Readonly<Record<Era, RawLegacyServer | RawModernServer>>;
let doors: Readonly<Record<Era, Door>>;

/** Progress params that a parse and a print would change; the token is the caller's. */
const progressRest = `"progress":1234567890123456789,"total":1E400,"message":"\\u00e9","x-unknown":{"n":-0}`;
const logParams = `{ "level":"alert","data":{"n":1234567890123456789,"x":[1E400,-0]},"x-unknown":1.10 }`;

/** The exotic server, and a tool that says unusual things on its way. */
const talking = (era: Era): Script => ({
  ...exoticScript(era),
  "logging/setLevel": () => "{}",
  "tools/call": async function* (params, call: Call) {
    if (params.name === "exotic_hologram") {
      const token = JSON.stringify(params._meta?.progressToken ?? null);
      yield call.notification("notifications/progress", `{"progressToken":${token},${progressRest}}`);
      yield call.notification("notifications/message", logParams);
    }
    const answer = (await exoticScript(era)["tools/call"]?.(params, call)) as string;
    yield call.result(answer);
  },
});

beforeAll(async () => {
  house = opened.use(await startTestHouse());
  const capabilities = exoticCapabilities.replace("{", '{"logging":{},');
  servers = {
    legacy: opened.use(await startExoticLegacy({ capabilities })),
    modern: opened.use(await startExoticModern({ capabilities })),
  };
  doors = {
    legacy: await house.addPortal("old", { old: servers.legacy.url }),
    modern: await house.addPortal("new", { new: servers.modern.url }),
  };
});
beforeEach(() => {
  for (const [era, server] of Object.entries(servers)) {
    server.script = exoticScript(era as Era);
    server.recording.clear();
  }
});
afterAll(() => opened.disposeAsync());

/** What is within the braces of an object. */
const inside = (object: string) => object.trim().slice(1, -1);

const unusualArguments = String.raw`{ "big" : 1234567890123456789,"huge":1E400,"zero":-0,"exp":0.1e1,"esc":"\u00e9\ud800\/ 🐉","k\u0065y":{"name":"inner"},"deep":${"[".repeat(60)}0${"]".repeat(60)},"":null }`;

describe.each(cells)("$cell: $caller caller, $server server", ({ cell, caller: era, server: to }) => {
  const prefix = to === "legacy" ? "old" : "new";
  const open = () => openCaller(era, doors[to], { name: `caller-${cell}` });

  test.each([
    "exotic_definition",
    "exotic_numbers",
    "exotic_content",
    "exotic_hologram",
    "exotic_deep",
    "exotic_tool_error",
    "exotic_big",
  ] as const)("the result of %s", async (tool) => {
    await using caller = await open();
    const { text, message } = await caller.request("tools/call", { name: `${prefix}_${tool}` });
    expect(text.includes(inside(exoticToolResult(to, tool))), text.slice(0, 500)).toBe(true);
    if (era === "modern") expect(message.result.resultType).toBe("complete");
  });

  test("an error with its code, its message and its data", async () => {
    await using caller = await open();
    const { text, message } = await caller.request("tools/call", { name: `${prefix}_exotic_rpc_error` });
    expect(message.error).toMatchObject({ code: exoticRpcError.code, message: exoticRpcError.message });
    expect(text).toContain(inside(exoticRpcError.data));
  });

  test("prompts, resources and completions", async () => {
    await using caller = await open();
    const prompt = await caller.request("prompts/get", { name: `${prefix}_exotic_prompt` });
    expect(prompt.text).toContain(inside(exoticPrompt));
    const ref = { type: "ref/prompt", name: `${prefix}_exotic_prompt` };
    const completion = await caller.request("completion/complete", {
      ref,
      argument: { name: "a", value: "" },
    });
    expect(completion.text).toContain(inside(exoticCompletion));
    const resource = await caller.request("resources/read", { uri: "exotic://one" });
    // The page's hosts are no one's to name here: what an admin did not allow is the one thing that may go.
    expect(resource.text).toContain(
      exoticResource.slice(exoticResource.indexOf(`"x-unknown":1},{"uri"`), -1),
    );
  });

  test("definitions, but for the name", async () => {
    await using caller = await open();
    const { text } = await caller.request("tools/list");
    for (const [name, definition] of Object.entries(exoticTools)) {
      if (name === "exotic_spacing") continue;
      const rest = definition.replace(`"name":"${name}"`, "");
      expect(text.includes(`"name":"${prefix}_${name}"`), name).toBe(true);
      expect(text.includes(inside(rest).replace(/^,/, "")), `${name}: ${rest}`).toBe(true);
    }
  });

  test("arguments, and members of the params that nobody knows", async () => {
    await using caller = await open();
    const params = `{"name":"${prefix}_exotic_content","arguments":${unusualArguments},"x-unknown":1E2}`;
    const { message, text } = await caller.request("tools/call", params);
    expect(message.result, text.slice(0, 300)).toBeDefined();
    const [request] = servers[to].recording.of("tools/call");
    expect(request?.body).toContain(`"arguments":${unusualArguments},"x-unknown":1E2`);
    expect(request?.body).toContain(`"name":"exotic_content"`);
  });

  test("members of _meta that nobody knows", async () => {
    await using caller = await open();
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const meta = { traceparent, "com.example/owner": { team: "a" } };
    await caller.request("tools/call", { name: `${prefix}_exotic_content` }, { meta });
    const [request] = servers[to].recording.of("tools/call");
    expect(request?.message).toMatchObject({ params: { _meta: meta } });
  });

  test("what is said on the way", async () => {
    servers[to].script = talking(to);
    await using caller = await open();
    if (era === "legacy") await caller.request("logging/setLevel", { level: "debug" });
    const meta = {
      progressToken: "t/é",
      ...(era === "modern" && { "io.modelcontextprotocol/logLevel": "debug" }),
    };
    const { text } = await caller.request("tools/call", { name: `${prefix}_exotic_hologram` }, { meta });
    expect(text).toContain(inside(exoticToolResult(to, "exotic_hologram")));
    const [progress] = caller.inbox.of("notifications/progress");
    expect(progress?.text).toContain(progressRest);
    expect(progress?.message["params"].progressToken).toBe("t/é");
    const [log] = caller.inbox.of("notifications/message");
    expect(log?.text).toContain(inside(logParams).trim());
  });

  test("three megabytes each way", async () => {
    await using caller = await open();
    const pad = "aé漢🐉".repeat(300_000);
    const { text } = await caller.request("tools/call", {
      name: `${prefix}_exotic_big`,
      arguments: { bytes: 3_000_000, pad },
    });
    expect(text.length).toBeGreaterThan(3_000_000);
    expect(servers[to].recording.of("tools/call")[0]?.body.includes(pad)).toBe(true);
  });
});
