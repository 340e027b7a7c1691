/** Lists, contents and what changes in them, in each cell; tasks, pages and methods that only servers know. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { capabilities, extension } from "../fixtures/lively/offers.ts";
import type { startLivelyModern } from "../fixtures/lively/modern.ts";
import { startRawLegacy } from "../fixtures/raw-legacy.ts";
import { startRawModern } from "../fixtures/raw-modern.ts";
import { LegacyCaller } from "../harness/callers/legacy.ts";
import { ModernCaller } from "../harness/callers/modern.ts";
import { cells, openCaller } from "../harness/cells.ts";
import { openScene, watchers, type Scene } from "./scene.ts";

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
beforeEach(() => {
  for (const server of Object.values(scene.servers)) server.recording.clear();
});
afterAll(() => scene?.[Symbol.asyncDispose]());

describe.each(cells)("$cell: $caller caller, $server server", ({ caller: era, server: to }) => {
  const tool = (name: string) => scene.name(to, name);

  test("everything that the server has is listed", async () => {
    const caller = await scene.caller(era, to);
    const list = async (method: string, member: string, key: string) =>
      ((await caller.request(method)).message.result[member] as Record<string, string>[]).map(
        (each) => each[key],
      );
    const tools = await list("tools/list", "tools", "name");
    expect(tools).toEqual(
      expect.arrayContaining(["ask", "ask_url", "sample", "roots", "slow", "log", "show", "work"].map(tool)),
    );
    expect(await list("prompts/list", "prompts", "name")).toEqual([tool("greet"), tool("asks")]);
    expect(await list("resources/list", "resources", "uri")).toEqual(
      expect.arrayContaining(["test://watched", "test://asks", "ui://lively/view"]),
    );
    expect(await list("resources/templates/list", "resourceTemplates", "uriTemplate")).toEqual([
      "test://item/{id}",
    ]);
  });

  test("a hello declares what the server has, in words of the caller's era", async () => {
    const caller = await scene.caller(era, to);
    const told =
      caller instanceof LegacyCaller
        ? caller.hello.message.result.capabilities
        : (await caller.request("server/discover")).message.result.capabilities;
    expect(told).toMatchObject({
      tools: { listChanged: true },
      prompts: { listChanged: true },
      resources: { listChanged: true, subscribe: true },
      completions: {},
      logging: {},
    });
    expect(JSON.stringify(told)).toContain(extension);
  });

  test("prompts, resources, templates and completions", async () => {
    const caller = await scene.caller(era, to);
    const ask = async (method: string, params: object) =>
      (await caller.request(method, params)).message.result;
    expect(await ask("prompts/get", { name: tool("greet") })).toMatchObject({
      messages: [{ role: "user", content: { type: "text", text: "greet" } }],
    });
    expect(await ask("resources/read", { uri: "test://item/7" })).toMatchObject({
      contents: [{ uri: "test://item/7", text: "7" }],
    });
    const ref = { type: "ref/prompt", name: tool("greet") };
    expect(await ask("completion/complete", { ref, argument: { name: "name", value: "A" } })).toMatchObject({
      completion: { values: ["A!"] },
    });
  });

  test("results say what their era demands", async () => {
    const caller = await scene.caller(era, to);
    const read = (await caller.request("resources/read", { uri: "test://watched" })).message.result;
    const got = (await caller.request("prompts/get", { name: tool("greet") })).message.result;
    const called = (await caller.request("tools/call", { name: tool("show") })).message.result;
    if (era === "modern") {
      expect([read, got, called].map(({ resultType }) => resultType)).toEqual([
        "complete",
        "complete",
        "complete",
      ]);
      expect(read).toMatchObject({
        ttlMs: expect.any(Number),
        cacheScope: expect.stringMatching(/^(public|private)$/),
      });
    }
    expect([read.contents.length, got.messages.length, called.content.length]).toEqual([1, 1, 1]);
  });

  test("a resource that is not there is told in the era's own code", async () => {
    const caller = await scene.caller(era, to);
    const { message, text } = await caller.request("resources/read", { uri: "test://item/a/b" });
    expect(scene.servers[to].recording.of("resources/read").length).toBe(1);
    expect(message.error?.code, text).toBe(era === "modern" || to === "modern" ? -32602 : -32002);
  });

  test("who watches a resource hears of it, until they do not", async () => {
    const caller = await scene.caller(era, to);
    await caller.watch(["test://watched"]);
    try {
      await expectTold(1);
      await caller.request("tools/call", { name: tool("touch") });
      const { message } = await caller.inbox.when("notifications/resources/updated");
      expect(message["params"]).toMatchObject({ uri: "test://watched" });
    } finally {
      if (caller instanceof LegacyCaller)
        await caller.request("resources/unsubscribe", { uri: "test://watched" });
      else await caller[Symbol.asyncDispose]();
    }
    await expectTold(0);
  });

  /** How many the server tells, once that is so: it learns of subscriptions in its own time. */
  async function expectTold(count: number): Promise<void> {
    await expect.poll(() => watchers(scene.servers[to]), { timeout: 10_000 }).toBe(count);
  }

  test("a change of a server's list reaches whoever wants to know", async () => {
    const caller = await scene.caller(era, to);
    const grown = `grown_${era}`;
    if (caller instanceof LegacyCaller) await caller.listen();
    else await (caller as ModernCaller).listen({ toolsListChanged: true });
    await caller.request("tools/call", { name: tool("grow"), arguments: { tool: grown } });
    await caller.inbox.when("notifications/tools/list_changed");
    expect((await caller.request("tools/list")).text).toContain(`"${tool(grown)}"`);
  });

  test("a page of an app may reach the hosts that an admin allowed, and no others", async () => {
    const caller = await scene.caller(era, to);
    const { message } = await caller.request("tools/list");
    const show = (message.result.tools as { name: string; _meta?: object }[]).find(
      ({ name }) => name === tool("show"),
    );
    expect(show?._meta).toEqual({ ui: { resourceUri: "ui://lively/view", visibility: ["model", "app"] } });
    const read = await caller.request("resources/read", { uri: "ui://lively/view" });
    expect(read.message.result.contents, read.text).toEqual([
      {
        uri: "ui://lively/view",
        mimeType: "text/html;profile=mcp-app",
        text: "<!doctype html><p>lively</p>",
        _meta: {
          ui: {
            csp: {
              connectDomains: ["https://api.example.com"],
              resourceDomains: ["https://cdn.example.com"],
            },
            prefersBorder: true,
          },
        },
      },
    ]);
  });

  test("a method of an extension reaches the one server that declares it", async () => {
    const caller = await scene.caller(era, to);
    const { message, text } = await caller.request(extension, `{"n":1234567890123456789,"x":[1E400]}`);
    expect(message.result, text).toMatchObject({ echoed: { x: [null] } });
    const [sent] = scene.servers[to].recording.of(extension);
    expect(sent?.body).toContain(`"n":1234567890123456789,"x":[1E400]`);
  });

  test("a result of an unknown type arrives as it is", async () => {
    const caller = await scene.caller(era, to);
    const { text } = await caller.request("tools/call", { name: tool("odd") });
    expect(text).toContain(
      `"resultType":"com.example/odd","content":[{"type":"hologram","n":1E400}],"odd":1234567890123456789`,
    );
  });
});

test("C1: a change that comes right after the subscription was confirmed is told", async () => {
  for (let n = 0; n < 20; n++) {
    const caller = await scene.caller("legacy", "legacy");
    await caller.watch(["test://watched"]);
    await caller.request("tools/call", { name: scene.name("legacy", "touch") });
    await caller.inbox.when("notifications/resources/updated", { withinMs: 3_000 });
    await caller.request("resources/unsubscribe", { uri: "test://watched" });
  }
});

test.each(cells)(
  "$cell: a method that no server can know goes nowhere",
  async ({ cell, caller: era, server: to }) => {
    const options = { capabilities: '{"tools":{}}', script: { "tools/list": () => `{"tools":[]}` } };
    await using plain = to === "legacy" ? await startRawLegacy(options) : await startRawModern(options);
    const door = await scene.house.addPortal(`plain-${cell.toLowerCase()}`, {
      [`plain-${cell.toLowerCase()}`]: plain.url,
    });
    await using caller = await openCaller(era, door);
    plain.recording.clear();
    const { message } = await caller.request("com.example/nobody");
    expect(message.error).toMatchObject({ code: -32601, data: { code: "method_unknown" } });
    expect(plain.recording.requests).toEqual([]);
  },
);

test("the capabilities of the fixtures name the extension that the tests call", () => {
  expect(Object.values(capabilities).every((text) => text.includes(extension))).toBe(true);
});

describe("tasks: modern caller, modern server", () => {
  const work = (args: object = {}) => ({ name: scene.name("modern", "work"), arguments: args });
  const modern = () => scene.servers.modern as Awaited<ReturnType<typeof startLivelyModern>>;

  test("a task goes its way under an id of the portal's own", async () => {
    const caller = (await scene.caller("modern", "modern")) as ModernCaller;
    const started = await caller.request("tools/call", work());
    const { taskId, resultType, "x-unknown": unknown } = started.message.result;
    const own = modern().tasks.ids.at(-1) ?? "";
    expect([resultType, unknown, taskId === own]).toEqual(["task", 1, false]);
    await caller.listen({ taskIds: [taskId] });
    const got = await caller.request("tasks/get", { taskId });
    expect(got.message.result, got.text).toMatchObject({ taskId, status: "working" });
    modern().tasks.finish(own);
    const told = await caller.inbox.when("notifications/tasks");
    expect(told.message["params"]).toMatchObject({ taskId, status: "completed" });
    const done = await caller.request("tasks/get", { taskId });
    expect(done.message.result).toMatchObject({
      taskId,
      status: "completed",
      result: { content: [{ text: "worked" }] },
    });
    expect(JSON.stringify(caller.inbox.all.map(({ text }) => text))).not.toContain(`"${own}"`);
  });

  test("a task that asks is answered, one that is not wanted is cancelled", async () => {
    const caller = await scene.caller("modern", "modern");
    const asking = (await caller.request("tools/call", work({ ask: true }))).message.result.taskId as string;
    const got = await caller.request("tasks/get", { taskId: asking });
    expect(got.message.result).toMatchObject({
      status: "input_required",
      inputRequests: { who: { method: "elicitation/create" } },
    });
    const who = { action: "accept", content: { name: "Ada" } };
    await caller.request("tasks/update", { taskId: asking, inputResponses: { who } });
    const done = await caller.request("tasks/get", { taskId: asking });
    expect(done.message.result.result.structuredContent).toEqual({ answers: { who } });
    const idle = (await caller.request("tools/call", work())).message.result.taskId as string;
    await caller.request("tasks/cancel", { taskId: idle });
    const cancelled = await caller.request("tasks/get", { taskId: idle });
    expect(cancelled.message.result).toMatchObject({ taskId: idle, status: "cancelled" });
  });

  test("nobody reaches a task of somebody else, nor one that is made up", async () => {
    const caller = await scene.caller("modern", "modern");
    const { taskId } = (await caller.request("tools/call", work())).message.result as { taskId: string };
    const own = modern().tasks.ids.at(-1) ?? "";
    const stranger = new ModernCaller(await scene.stranger("modern"));
    const guesses = [taskId, own, taskId.replace(/.$/, (last) => (last === "0" ? "1" : "0")), "x", ""];
    modern().recording.clear();
    for (const method of ["tasks/get", "tasks/update", "tasks/cancel"])
      for (const guess of guesses) {
        const { message, text } = await stranger.request(method, { taskId: guess, inputResponses: {} });
        expect(message.error, `${method} ${guess} ${text}`).toMatchObject({ code: -32602 });
      }
    expect(modern().recording.requests).toEqual([]);
    expect((await caller.request("tasks/get", { taskId })).message.result).toMatchObject({
      status: "working",
    });
  });

  test("a legacy caller is given the result, not a task", async () => {
    const caller = await scene.caller("legacy", "modern");
    const { message, text } = await caller.request("tools/call", work());
    expect(message.result, text).toMatchObject({ content: [{ type: "text", text: "worked" }] });
  });
});
