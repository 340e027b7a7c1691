/** What a portal answers itself, and has to ask a server for, costs the server as much as a call. */
import { expect, test } from "vitest";
import { openLimited, told } from "../limits/scene.ts";

test("subscriptions of a legacy server count as calls to it", async () => {
  await using scene = await openLimited(
    { caller: "legacy", server: "legacy" },
    { limits: { callsPerMinute: 3 } },
  );
  const caller = await scene.caller();
  const uri = "doc://updates";
  const answers = [];
  for (let n = 0; n < 4; n++) {
    answers.push(told(await caller.request("resources/subscribe", { uri })));
    await caller.request("resources/unsubscribe", { uri });
  }
  expect(answers).toEqual([
    [200, "ok"],
    [200, "ok"],
    [200, "ok"],
    [429, "rate_limited", "server"],
  ]);
  expect(scene.server.recording.of("resources/subscribe").length).toBe(3);
});
