/** The replica that holds an exchange is killed: its caller is told so, and goes on with the other one. */
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { describe, expect, test } from "vitest";
import { obliging } from "../harness/callers/caller.ts";
import type { LegacyCaller } from "../harness/callers/legacy.ts";
import { ModernCaller } from "../harness/callers/modern.ts";
import { cells } from "../harness/cells.ts";
import { eventually } from "../heavy/process/proc.ts";
import { heldCells, openGround, type Ground } from "./ground.ts";

/** A replica is known to be dead when its lease has ended: ten seconds, and what a busy machine adds. */
const knownDeadWithinMs = 25_000;

const lost = { data: { code: "exchange_lost", retryable: true } };
const name = { action: "accept", content: { name: "Ada" } };
const nobody = { answers: () => new Promise<string>(() => undefined) };

/** The replica that got the last message of a method. */
function lastOwner(ground: Ground, method: string): number {
  const delivery = ground.house.relay.of(method).at(-1);
  if (delivery === undefined) throw new Error(`No replica got a ${method}`);
  return delivery.replica;
}

const legacyCells = heldCells.filter(({ caller }) => caller === "legacy");

describe.each(legacyCells)("$cell: legacy caller, $server server", ({ server: to }) => {
  test("an elicitation waits: the rest of the stream is a retryable error, an answer is too late, the session goes on", async () => {
    await using ground = await openGround();
    const params = { name: ground.name(to, "ask") };
    const caller = (await ground.caller("legacy", to, nobody)) as LegacyCaller;
    const call = await caller.call("tools/call", params);
    const { message: question } = await caller.inbox.when("elicitation/create");
    expect(call.exchange.lastEventId).toMatch(/./);
    await ground.house.kill(lastOwner(ground, "tools/call"));
    expect(await call.exchange.ended).toBe("broken");

    // GET with Last-Event-ID, at the one that lives (2025-11-25, transports, "Resumability").
    const resumed = await caller.listen(call.exchange.lastEventId);
    expect(resumed.status).toBe(200);
    const { message } = await within(knownDeadWithinMs, call.answer);
    expect(message.error).toMatchObject({ code: expect.any(Number), ...lost });

    const late = await eventually(
      () => caller.reply(question["id"], JSON.stringify(name)),
      ({ status }) => status === 503,
      { withinMs: knownDeadWithinMs },
    );
    expect(late.text).toContain("exchange_lost");
    expect(JSON.parse(late.text)).toMatchObject({ error: lost });

    // The same session, the same log level and server: nothing was begun anew that the client could tell.
    const again = await caller.call("tools/call", params);
    const asked = await caller.inbox.when(
      ({ message, on }) => on === again.id && message["method"] === "elicitation/create",
    );
    await caller.reply(asked.message["id"], JSON.stringify(name));
    expect((await again.answer).message.result?.structuredContent).toEqual({ answers: { who: name } });
  });

  test("SDK 1.32: the call that waits rejects, the next one succeeds in the same session", async () => {
    await using ground = await openGround();
    const { url, token } = ground.portals[to];
    const asked = Promise.withResolvers<void>();
    const client = new ClientV1(
      { name: "sdk", version: "1" },
      { capabilities: { elicitation: { form: {} } } },
    );
    let isPatient = true;
    client.setRequestHandler(ElicitRequestSchema, () => {
      asked.resolve();
      return isPatient
        ? new Promise<never>(() => undefined)
        : { action: "accept" as const, content: { name: "Ada" } };
    });
    const transport = new HttpV1(new URL(url), {
      requestInit: { headers: { authorization: `Bearer ${token}` } },
    });
    // The SDK's own transports do not fit its interface under `exactOptionalPropertyTypes`.
    await client.connect(transport as Transport);
    const { sessionId } = transport;
    try {
      const waiting = client.callTool({ name: ground.name(to, "ask") });
      const outcome = waiting.catch((error: unknown) => error);
      await asked.promise;
      await ground.house.kill(lastOwner(ground, "tools/call"));
      expect(await within(knownDeadWithinMs, outcome)).toMatchObject(lost);
      isPatient = false;
      const result = await client.callTool({ name: ground.name(to, "ask") });
      expect(result.structuredContent).toEqual({ answers: { who: name } });
      expect(transport.sessionId).toBe(sessionId);
    } finally {
      await client.close();
    }
  });

  test("the GET stream was there: opened again it hears of what was subscribed before", async () => {
    await using ground = await openGround();
    const caller = (await ground.caller("legacy", to)) as LegacyCaller;
    ground.house.relay.aim = ({ httpMethod }) => (httpMethod === "GET" ? 0 : undefined);
    const stream = await caller.listen();
    await caller.watch(["test://watched"]);
    await caller.request("logging/setLevel", { level: "emergency" });
    const subscriptions = () =>
      ground[to].subscriptions.filter((each) => JSON.stringify(each).includes("test://watched")).length;
    await expect.poll(subscriptions, { timeout: 10_000 }).toBe(1);

    ground.house.relay.aim = undefined;
    await ground.house.kill(0);
    expect(await stream.ended).toBe("broken");
    const opened = await caller.listen();
    expect(opened.status).toBe(200);
    await expect.poll(subscriptions, { timeout: knownDeadWithinMs }).toBe(1);
    await caller.request("tools/call", { name: ground.name(to, "touch") });
    await caller.inbox.when("notifications/resources/updated");
    await caller.request("tools/call", { name: ground.name(to, "log") });
    expect(caller.inbox.of("notifications/message").length).toBe(1);
  });
});

describe("C3: modern caller, legacy server", () => {
  test("an elicitation waits: its retry is a retryable error, the call itself succeeds again", async () => {
    await using ground = await openGround();
    const caller = (await ground.caller("modern", "legacy")) as ModernCaller;
    const params = JSON.stringify({ name: ground.name("legacy", "ask"), arguments: {} });
    const first = await (await caller.call("tools/call", params)).answer;
    expect(first.message.result?.resultType).toBe("input_required");
    await ground.house.kill(lastOwner(ground, "tools/call"));
    const retry = await caller.retry(params, first);
    const { message, text } = await within(
      knownDeadWithinMs,
      caller.call("tools/call", retry).then(({ answer }) => answer),
    );
    expect(message.error, text).toMatchObject({ code: -32000, ...lost });
    const again = await caller.request("tools/call", params);
    expect(again.message.result, again.text).toMatchObject({ structuredContent: { answers: { who: name } } });
  });

  test("a second question waits: the same", async () => {
    await using ground = await openGround();
    const caller = (await ground.caller("modern", "legacy")) as ModernCaller;
    const params = JSON.stringify({ name: ground.name("legacy", "ask_twice"), arguments: {} });
    const first = await (await caller.call("tools/call", params)).answer;
    // The retry goes to the other replica; the owner is still the one that opened the line.
    const second = await (await caller.call("tools/call", await caller.retry(params, first))).answer;
    expect(second.message.result?.inputRequests, second.text).toMatchObject({
      [keyOf(second)]: { method: "elicitation/create" },
    });
    await ground.house.kill(ground.house.relay.of("tools/call")[0]?.replica ?? 0);
    const { message } = await within(
      knownDeadWithinMs,
      caller.call("tools/call", await caller.retry(params, second)).then(({ answer }) => answer),
    );
    expect(message.error).toMatchObject({ code: -32000, ...lost });
  });

  test("the replica that passes a retry on dies: the conversation lives, and the same retry succeeds", async () => {
    await using ground = await openGround();
    const caller = new ModernCaller(ground.portals.legacy.at(0), { answers: obliging });
    const other = new ModernCaller(ground.portals.legacy.at(1), { answers: obliging });
    const params = JSON.stringify({ name: ground.name("legacy", "ask"), arguments: {} });
    const first = await (await caller.call("tools/call", params)).answer;
    const retry = await caller.retry(params, first);
    await ground.house.kill(1);
    await expect(other.call("tools/call", retry)).rejects.toThrow(/./);
    const { message } = await (await caller.call("tools/call", retry)).answer;
    expect(message.result?.structuredContent).toEqual({ answers: { who: name } });
  });

  test("a subscription is gone with its replica; listened to again it hears", async () => {
    await using ground = await openGround();
    const caller = (await ground.caller("modern", "legacy")) as ModernCaller;
    const listened = await caller.listen({ resourceSubscriptions: ["test://watched"] });
    await ground.house.kill(lastOwner(ground, "subscriptions/listen"));
    expect(await listened.exchange.ended).toBe("broken");
    await caller.listen({ resourceSubscriptions: ["test://watched"] });
    await expect.poll(() => ground.legacy.subscriptions.length, { timeout: 10_000 }).toBeGreaterThan(0);
    await caller.request("tools/call", { name: ground.name("legacy", "touch") });
    await caller.inbox.when("notifications/resources/updated");
  });
});

test("in every cell, what was not under way at the dead replica does not notice", async () => {
  await using ground = await openGround();
  const callers = await Promise.all(
    cells.map(async ({ caller, server }) => ({ server, caller: await ground.caller(caller, server) })),
  );
  const ask = () =>
    Promise.all(
      callers.map(async ({ server, caller }) => {
        const { message } = await caller.request("tools/call", { name: ground.name(server, "ask") });
        return message.result?.structuredContent as object | undefined;
      }),
    );
  const all = cells.map(() => ({ answers: { who: name } }));
  expect(await ask()).toEqual(all);
  await ground.house.kill(0);
  expect(await ask()).toEqual(all);
});

function keyOf({ message }: { message: { result?: { inputRequests?: object } } }): string {
  return Object.keys(message.result?.inputRequests ?? {})[0] ?? "";
}

/** Rejects when it takes longer than anybody is asked to wait. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`Not within ${ms} ms`)), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
