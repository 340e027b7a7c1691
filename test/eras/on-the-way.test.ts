/** What happens while a call is under way, in each cell: progress, log messages, and its end before its time. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { LegacyCaller } from "../harness/callers/legacy.ts";
import type { ModernCaller } from "../harness/callers/modern.ts";
import { logText } from "../fixtures/lively/offers.ts";
import { cells } from "../harness/cells.ts";
import { openScene, type Scene } from "./scene.ts";

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
beforeEach(() => {
  for (const server of Object.values(scene.servers)) server.recording.clear();
});
afterAll(() => scene?.[Symbol.asyncDispose]());

describe.each(cells)("$cell: $caller caller, $server server", ({ cell, caller: era, server: to }) => {
  const tool = (name: string) => scene.name(to, name);
  const levels = (text: string) => (JSON.parse(text) as { params: { level: string } }).params.level;

  test.each([["a word"], [7], [0.5]])("progress comes under the caller's own token %j", async (token) => {
    const caller = await scene.caller(era, to);
    const params = { name: tool("slow"), arguments: { steps: 3 } };
    const { message } = await caller.request("tools/call", params, { meta: { progressToken: token } });
    expect(message.result.content).toEqual([{ type: "text", text: "done" }]);
    const heard = caller.inbox.of("notifications/progress").map((each) => each.message["params"]);
    expect(heard).toEqual([1, 2, 3].map((progress) => ({ progressToken: token, progress, total: 3 })));
  });

  test("two callers under one token hear each of their own call only", async () => {
    const callers = [await scene.caller(era, to), await scene.caller(era, to)];
    const steps = [2, 4];
    await Promise.all(
      callers.map((caller, n) =>
        caller.request(
          "tools/call",
          { name: tool("slow"), arguments: { steps: steps[n] } },
          { meta: { progressToken: "same" } },
        ),
      ),
    );
    const totals = callers.map((caller) =>
      caller.inbox.of("notifications/progress").map(({ message }) => message["params"].total as number),
    );
    expect(totals).toEqual([
      [2, 2],
      [4, 4, 4, 4],
    ]);
  });

  test("a caller without a token hears nothing", async () => {
    const caller = await scene.caller(era, to);
    const { message } = await caller.request("tools/call", { name: tool("slow"), arguments: { steps: 2 } });
    expect(message.result?.content).toEqual([{ type: "text", text: "done" }]);
    expect(caller.inbox.of("notifications/progress")).toEqual([]);
  });

  test.each(["slow", "ask"])("a call of %s that is given up is given up at the server", async (name) => {
    const key = `${cell}-${name}`;
    const params = { name: tool(name), arguments: { key } };
    const options = { meta: { progressToken: "p" } };
    if (era === "legacy") {
      const caller = (await scene.caller(era, to, nobody)) as LegacyCaller;
      const call = await caller.call("tools/call", params, options);
      await caller.inbox.when(name === "slow" ? "notifications/progress" : "elicitation/create");
      await caller.notify("notifications/cancelled", { requestId: call.id, reason: "enough" });
      // A modern server that asked has answered: there is nothing at it to give up.
      if (to === "legacy" || name === "slow") await scene.servers[to].witness.whenCancelled(key);
      expect(await call.exchange.ended).toBe("complete");
      expect(
        caller.inbox.of(({ message }) => message["result"] !== undefined && message["id"] === call.id),
      ).toEqual([]);
    } else if (name === "slow") {
      const caller = (await scene.caller(era, to)) as ModernCaller;
      const call = await caller.call("tools/call", params, options);
      await caller.inbox.when("notifications/progress");
      call.exchange.leave();
      await scene.servers[to].witness.whenCancelled(key);
    } else {
      // A modern caller that never comes back with its answer leaves no connection behind that could tell.
      const caller = (await scene.caller(era, to, nobody)) as ModernCaller;
      const { message } = await (await caller.call("tools/call", params)).answer;
      expect(message.result.resultType).toBe("input_required");
    }
  });

  test("log messages come from the level on that was asked for, to the letter", async () => {
    const caller = await scene.caller(era, to, { name: `level-${cell}` });
    const meta = { "io.modelcontextprotocol/logLevel": "critical" };
    if (era === "legacy") {
      const set = await caller.request("logging/setLevel", { level: "critical" });
      expect(set.message.result, set.text).toEqual({});
    }
    const { text, message } = await caller.request(
      "tools/call",
      { name: tool("log") },
      era === "modern" ? { meta } : {},
    );
    expect(message.result, text).toMatchObject({ content: [{ text: "logged" }] });
    const heard = caller.inbox.of("notifications/message").map((each) => each.text);
    expect(heard.map(levels)).toEqual(["critical", "alert", "emergency"]);
    expect(heard[0]).toContain(logText("critical"));
  });

  test("one caller's level is not another's", async () => {
    const [loud, quiet] = [await scene.caller(era, to), await scene.caller(era, to)];
    const ask = async (caller: typeof loud, level: string) => {
      if (era === "legacy") await caller.request("logging/setLevel", { level });
      const options = era === "modern" ? { meta: { "io.modelcontextprotocol/logLevel": level } } : {};
      await caller.request("tools/call", { name: tool("log") }, options);
    };
    await ask(loud, "debug");
    await ask(quiet, "emergency");
    await ask(loud, "alert");
    const counts = [loud, quiet].map(({ inbox }) => inbox.of("notifications/message").length);
    expect(counts).toEqual([8 + 2, 1]);
  });
});

const nobody = { answers: () => new Promise<string>(() => undefined) };

test.each(cells.filter(({ caller }) => caller === "modern"))(
  "$cell: without a level a modern caller hears no log messages (2026-07-28, logging)",
  async ({ server }) => {
    const caller = await scene.caller("modern", server);
    // A line that another call had set to a level must not tell this one.
    await caller.request(
      "tools/call",
      { name: scene.name(server, "log") },
      { meta: { "io.modelcontextprotocol/logLevel": "alert" } },
    );
    expect(caller.inbox.of("notifications/message").length).toBe(2);
    await caller.request("tools/call", { name: scene.name(server, "log") });
    expect(caller.inbox.of("notifications/message").length).toBe(2);
  },
);

test.each(cells.filter(({ caller }) => caller === "legacy"))(
  "$cell: a level that does not exist is refused",
  async ({ server }) => {
    const caller = await scene.caller("legacy", server);
    const { message } = await caller.request("logging/setLevel", { level: "loud" });
    expect(message.error).toMatchObject({ code: -32602 });
  },
);

test.each(cells.filter(({ caller }) => caller === "modern"))(
  "$cell: what comes on the way of a retry comes under the retry's token",
  async ({ server }) => {
    const caller = (await scene.caller("modern", server)) as ModernCaller;
    const params = JSON.stringify({ name: scene.name(server, "ask"), arguments: { progress: true } });
    const first = await caller.call("tools/call", params, { meta: { progressToken: "one" } });
    const retry = await caller.retry(params, await first.answer);
    const second = await caller.call("tools/call", retry, { meta: { progressToken: "two" } });
    expect((await second.answer).message.result).toMatchObject({
      structuredContent: { answers: { who: {} } },
    });
    const heard = caller.inbox
      .of("notifications/progress")
      .map(({ on, message }) => [on, message["params"].progressToken as string]);
    expect(heard).toEqual([
      [first.id, "one"],
      [second.id, "two"],
    ]);
  },
);
