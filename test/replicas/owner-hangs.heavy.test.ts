/** A replica hangs until its lease is over and then goes on: what it owned is no longer its own. */
import { expect, test } from "vitest";
import type { LegacyCaller } from "../harness/callers/legacy.ts";
import type { ModernCaller } from "../harness/callers/modern.ts";
import { openGround } from "./ground.ts";

const name = { action: "accept", content: { name: "Ada" } };

test("C3: a conversation of a replica that hung is lost, also once that one is back, and the server is told", async () => {
  await using ground = await openGround();
  const caller = (await ground.caller("modern", "legacy")) as ModernCaller;
  const params = JSON.stringify({ name: ground.name("legacy", "ask"), arguments: {} });
  const first = await (await caller.call("tools/call", params)).answer;
  const owner = ground.house.relay.of("tools/call").at(-1)?.replica ?? 0;
  const retry = await caller.retry(params, first);
  ground.house.pause(owner);
  const lost = await (await caller.call("tools/call", retry)).answer;
  expect(lost.message.error, lost.text).toMatchObject({ data: { code: "exchange_lost", retryable: true } });
  ground.house.resume(owner);
  // The call is cancelled and its question answered with "cancel", whichever the server hears of first.
  await ground.legacy.recording.when(
    ({ method, body }) => method === "notifications/cancelled" || body.includes('"action":"cancel"'),
  );
  for (const replica of [0, 1]) {
    ground.house.relay.aim = () => replica;
    const late = await (await caller.call("tools/call", retry)).answer;
    expect(late.message.error?.data?.code, late.text).toMatch(/^(exchange_lost|request_state_invalid)$/);
    const again = await caller.request("tools/call", params);
    expect(again.message.result?.structuredContent, again.text).toEqual({ answers: { who: name } });
  }
});

test("C1: a session is heard by the replica that lives; the one that hung lets go when it is back", async () => {
  await using ground = await openGround();
  const caller = (await ground.caller("legacy", "legacy")) as LegacyCaller;
  // The portal has sessions of its own at the server; this caller's is the one that is subscribed.
  const streams = () => {
    const { streams, subscriptions } = ground.legacy;
    return streams.filter((session) => subscriptions.includes(`${session} test://watched`)).length;
  };
  const told = () => caller.inbox.of("notifications/resources/updated").map(({ on }) => on);
  ground.house.relay.aim = ({ httpMethod }) => (httpMethod === "GET" ? 0 : undefined);
  await caller.listen();
  await caller.watch(["test://watched"]);
  await expect.poll(streams, { timeout: 10_000 }).toBe(1);
  ground.house.pause(0);
  ground.house.relay.aim = undefined;
  expect((await caller.listen()).status).toBe(200);
  await expect.poll(streams, { timeout: 25_000 }).toBe(2);
  ground.house.resume(0);
  await expect.poll(streams, { timeout: 25_000 }).toBe(1);
  await caller.request("tools/call", { name: ground.name("legacy", "touch") });
  await caller.inbox.when("notifications/resources/updated");
  // Each change is told once, by its new owner (2025-11-25, transports, "Listening for Messages").
  await caller.request("tools/call", { name: ground.name("legacy", "log") });
  expect(told()).toEqual(["GET 2"]);
});
