/** Two replicas, every POST to the other one in turn: nobody can tell. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Era } from "../fixtures/exotic.ts";
import type { Caller } from "../harness/callers/caller.ts";
import { LegacyCaller } from "../harness/callers/legacy.ts";
import { ModernCaller } from "../harness/callers/modern.ts";
import { cells } from "../harness/cells.ts";
import { heldCells, openGround, replicasOf, type Ground } from "./ground.ts";

/** What one replica was told the others know within this time (ARCHITECTURE.md, "How a change travels"). */
const holdsEverywhereWithinMs = 2_000;

const name = { action: "accept", content: { name: "Ada" } };
const years = { action: "accept", content: { years: 36 } };
const word = { role: "assistant", model: "m", content: { type: "text", text: "hello" }, "x-unknown": 1 };
const places = { roots: [{ uri: "file:///home", name: "home" }] };

const tools: [tool: string, answers: object][] = [
  ["ask", { who: name }],
  ["ask_url", { sign_in: { action: "accept" } }],
  ["sample", { model: word }],
  ["roots", { places }],
  ["ask_twice", { who: name, age: years }],
  ["ask_both", { who: name, age: years }],
  ["ask_all", { who: name, model: word, places }],
];

describe.each(["post", "get"] as const)("a legacy server that asks by %s", (asksOn) => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await openGround({ asksOn });
  });
  afterAll(() => ground?.[Symbol.asyncDispose]());

  describe.each(cells.filter(({ server }) => asksOn === "post" || server === "legacy"))(
    "$cell: $caller caller, $server server",
    ({ caller: era, server: to }) => {
      test.each(tools)("%s", async (tool, answers) => {
        const caller = await ground.caller(era, to);
        // What a legacy server says outside of a call's stream comes to its client on the GET stream.
        if (asksOn === "get" && caller instanceof LegacyCaller) await caller.listen();
        const before = ground.house.relay.deliveries.length;
        const { text, message } = await caller.request("tools/call", { name: ground.name(to, tool) });
        expect(message, text).toMatchObject({ result: { structuredContent: { answers } } });
        const got = replicasOf(ground.house.relay.deliveries.slice(before));
        expect(got.length).toBeGreaterThan(1);
        expect(got).toEqual(got.map((_, n) => ((got[0] ?? 0) + n) % 2));
      });
    },
  );
});

describe("the rest of a session", () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await openGround();
  });
  afterAll(() => ground?.[Symbol.asyncDispose]());

  describe.each(heldCells)("$cell: $caller caller, $server server", ({ cell, caller: era, server: to }) => {
    const params = (tool: string, args: object = {}) => ({ name: ground.name(to, tool), arguments: args });

    test("twenty callers at once, each with a conversation of its own", async () => {
      const said = await Promise.all(
        Array.from({ length: 20 }, async (_, n) => {
          const answers = () => JSON.stringify({ action: "accept", content: { name: `n${n}`, years: n } });
          const caller = await ground.caller(era, to, { answers });
          const { message } = await caller.request("tools/call", params("ask_twice"));
          return message.result?.structuredContent;
        }),
      );
      const own = (n: number) => ({ action: "accept", content: { name: `n${n}`, years: n } });
      expect(said).toEqual(said.map((_, n) => ({ answers: { who: own(n), age: own(n) } })));
    });

    test("one caller with five calls that ask at once", async () => {
      const caller = await ground.caller(era, to);
      const replies = await Promise.all(
        Array.from({ length: 5 }, () => caller.request("tools/call", params("ask_twice"))),
      );
      expect(replies.map(({ message }) => message.result?.structuredContent)).toEqual(
        replies.map(() => ({ answers: { who: name, age: years } })),
      );
    });

    test("progress", async () => {
      const caller = await ground.caller(era, to);
      const meta = { progressToken: "p" };
      await caller.request("tools/call", params("slow", { steps: 3 }), { meta });
      const heard = caller.inbox
        .of("notifications/progress")
        .map(({ message }) => message["params"].progress as number);
      expect(heard).toEqual([1, 2, 3]);
    });

    test("cancel", async () => {
      const caller = await ground.caller(era, to);
      const key = `cancel-${cell}`;
      const { relay } = ground.house;
      if (caller instanceof LegacyCaller) {
        const call = await caller.call("tools/call", params("slow", { key }), {
          meta: { progressToken: "p" },
        });
        await caller.inbox.when("notifications/progress");
        await caller.notify("notifications/cancelled", { requestId: call.id });
        await ground[to].witness.whenCancelled(key);
        expect(await call.exchange.ended).toBe("complete");
        const [of, cancelled] = [relay.of("tools/call").at(-1), relay.of("notifications/cancelled").at(-1)];
        expect(cancelled?.replica).not.toBe(of?.replica);
      } else if (caller instanceof ModernCaller) {
        const call = await caller.call("tools/call", params("slow", { key }), {
          meta: { progressToken: "p" },
        });
        await caller.inbox.when("notifications/progress");
        call.exchange.leave();
        await ground[to].witness.whenCancelled(key);
      }
      // The session goes on.
      const { message } = await caller.request("tools/call", params("ask"));
      expect(message.result?.structuredContent).toEqual({ answers: { who: name } });
    });

    test("a log level that one replica was told soon holds on the other", async () => {
      const caller = await ground.caller(era, to);
      const options = era === "modern" ? { meta: { "io.modelcontextprotocol/logLevel": "alert" } } : {};
      if (era === "legacy") await caller.request("logging/setLevel", { level: "alert" });
      /** The levels that are told by two calls, one at each replica. */
      const told = async () => {
        const before = caller.inbox.of("notifications/message").length;
        for (let n = 0; n < 2; n++) await caller.request("tools/call", params("log"), options);
        const heard = caller.inbox.of("notifications/message").slice(before);
        return heard.map(({ message }) => message["params"].level as string);
      };
      await expect
        .poll(told, { timeout: holdsEverywhereWithinMs })
        .toEqual(["alert", "emergency", "alert", "emergency"]);
      const got = ground.house.relay.of("tools/call").slice(-2);
      expect(got[0]?.replica).not.toBe(got[1]?.replica);
    });

    test("a subscription, wherever it was made, wherever the change is made", async () => {
      const caller = await ground.caller(era, to);
      await watching(caller, to, async () => {
        for (let n = 1; n <= 4; n++) {
          await caller.request("tools/call", params("touch"));
          const heard = await caller.inbox.atLeast(n, "notifications/resources/updated");
          expect(heard.length).toBe(n);
        }
      });
    });

    test("a server that forgets: the call goes through, and what was subscribed is subscribed again", async () => {
      const caller = await ground.caller(era, to);
      if (era === "legacy") await caller.request("logging/setLevel", { level: "emergency" });
      await watching(caller, to, async () => {
        if (to === "legacy") ground.legacy.forgetSessions();
        else ground.modern.endSubscriptions();
        await subscribed(to, 1);
        const { text, message } = await caller.request("tools/call", params("touch"));
        expect(message.result, text).toBeDefined();
        await caller.inbox.when("notifications/resources/updated");
        // What the server knew of the session it knows again; a modern caller says it with each call.
        const meta = { "io.modelcontextprotocol/logLevel": "emergency" };
        await caller.request("tools/call", params("log"), era === "modern" ? { meta } : {});
        const levels = caller.inbox
          .of("notifications/message")
          .map((each) => each.message["params"].level as string);
        expect(levels).toEqual(["emergency"]);
      });
    });
  });

  /** Runs with the caller subscribed at the server, and leaves no subscription behind. */
  async function watching(caller: Caller, to: Era, run: () => Promise<void>): Promise<void> {
    await caller.watch(["test://watched"]);
    try {
      await subscribed(to, 1);
      await run();
    } finally {
      if (caller instanceof LegacyCaller)
        await caller.request("resources/unsubscribe", { uri: "test://watched" });
      else await caller[Symbol.asyncDispose]();
    }
    await subscribed(to, 0);
  }

  /** Until the server has so many subscriptions to the watched resource. */
  async function subscribed(to: Era, count: number): Promise<void> {
    const seen = () =>
      ground[to].subscriptions.filter((each) => JSON.stringify(each).includes("test://watched")).length;
    await expect.poll(seen, { timeout: 20_000, interval: 20 }).toBe(count);
  }

  test("a legacy session is one session at its server, whichever replica asks", async () => {
    ground.legacy.recording.clear();
    const caller = await ground.caller("legacy", "legacy");
    for (let n = 0; n < 6; n++)
      await caller.request("tools/call", { name: ground.name("legacy", "log"), arguments: {} });
    const ids = new Set(
      ground.legacy.recording.of("tools/call").map(({ headers }) => headers["mcp-session-id"]),
    );
    expect([ids.size, ground.legacy.recording.of("initialize").length]).toEqual([1, 1]);
    // Two replicas in one session: no id of a request is used twice (2025-11-25, basic, "Requests").
    const sent = ground.legacy.recording
      .of("tools/call")
      .map(({ message }) => (message as { id: unknown }).id);
    expect(new Set(sent).size).toBe(6);
  });

  test("the session's end on one replica is its end on both, and at the server", async () => {
    const caller = (await ground.caller("legacy", "legacy")) as LegacyCaller;
    await caller.request("tools/call", { name: ground.name("legacy", "log") });
    const [id] = ground.legacy.recording
      .of("tools/call")
      .slice(-1)
      .map(({ headers }) => headers["mcp-session-id"]);
    expect(ground.legacy.sessions).toContain(id);
    expect(await caller.end()).toBe(204);
    const statuses = async () => [
      (await caller.request("tools/list")).status,
      (await caller.request("tools/list")).status,
    ];
    await expect.poll(statuses, { timeout: holdsEverywhereWithinMs }).toEqual([404, 404]);
    await expect.poll(() => ground.legacy.sessions.includes(String(id)), { timeout: 10_000 }).toBe(false);
  });

  test("of two GET streams on two replicas the newest speaks, and each change is told once", async () => {
    const caller = (await ground.caller("legacy", "legacy")) as LegacyCaller;
    const touch = () => caller.request("tools/call", { name: ground.name("legacy", "touch") });
    const told = () => caller.inbox.of("notifications/resources/updated").map(({ on }) => on);
    const first = await caller.listen();
    const second = await caller.listen();
    expect([first.status, second.status]).toEqual([200, 200]);
    const [one, two] = ground.house.relay.deliveries
      .filter(({ httpMethod }) => httpMethod === "GET")
      .slice(-2);
    expect(one?.replica).not.toBe(two?.replica);
    await caller.watch(["test://watched"]);
    await touch();
    await caller.inbox.when("notifications/resources/updated");
    expect(told()).toEqual(["GET 2"]);
    // When the newest is gone the other one goes on.
    second.leave();
    await second.ended;
    await expect
      .poll(async () => (await touch(), told().includes("GET 1")), { timeout: 20_000, interval: 100 })
      .toBe(true);
    expect(told().filter((on) => on === "GET 2")).toEqual(["GET 2"]);
  });

  test("a question is answered once, whichever replica hears of it", async () => {
    const caller = (await ground.caller("legacy", "legacy", {
      answers: () => new Promise(() => undefined),
    })) as LegacyCaller;
    const call = await caller.call("tools/call", { name: ground.name("legacy", "ask") });
    await caller.inbox.when("elicitation/create");
    const question = caller.inbox.of("elicitation/create")[0]?.message["id"] as string;
    // Answering twice, at both replicas: the server hears one of them.
    await caller.reply(question, JSON.stringify(name));
    await call.answer;
    const again = await caller.reply(question, JSON.stringify({ action: "decline" }));
    expect(again.status).toBe(202);
    const heard = ground.legacy.recording.of(({ body }) => body.includes('"action":"decline"'));
    expect(heard).toEqual([]);
  });

  test("a stranger's answer reaches nobody, at either replica", async () => {
    const victim = (await ground.caller("legacy", "legacy", {
      answers: () => new Promise(() => undefined),
    })) as LegacyCaller;
    const stranger = (await ground.caller("legacy", "legacy")) as LegacyCaller;
    const call = await victim.call("tools/call", { name: ground.name("legacy", "ask") });
    const { message } = await victim.inbox.when("elicitation/create");
    const stolen = { action: "accept", content: { name: "Mallory" } };
    for (let n = 0; n < 4; n++) await stranger.reply(message["id"], JSON.stringify(stolen));
    await victim.reply(message["id"], JSON.stringify(name));
    expect((await call.answer).message.result?.structuredContent).toEqual({ answers: { who: name } });
  });
});
