/** A call that takes too long is given up, at the server too, in each cell; a person may take their time. */
import { expect, test } from "vitest";
import { obliging } from "../harness/callers/caller.ts";
import { cells } from "../harness/cells.ts";
import { callTool, openLimited, told } from "./scene.ts";

test.each(cells)("$cell: the call is cancelled at the server, and its place is free", async (cell) => {
  const limits = { tools: { slow: { timeoutSeconds: 0.3, concurrency: 1 } } };
  await using scene = await openLimited(cell, { limits });
  await using caller = await scene.caller();
  const late = callTool(caller, "slow", { key: "late" });
  await expect.poll(() => scene.server.recording.of("tools/call").length).toBe(1);
  expect(told(await callTool(await scene.caller(), "slow"))).toEqual([429, "calls_limited", "tool"]);
  const reply = await late;
  expect(told(reply)).toEqual([200, "call_timed_out", "tool"]);
  expect(reply.message.error?.message).toContain("0.3 s");
  await scene.server.witness.whenCancelled("late");
  expect(told(await callTool(caller, "slow", { steps: 1 }))).toEqual([200, "ok"]);
  expect(told(await callTool(caller, "show"))).toEqual([200, "ok"]);
  expect((await scene.portals.records()).find(({ code }) => code === "call_timed_out")).toMatchObject({
    outcome: "error",
    stage: "dispatch",
    server: "lively",
    target: "slow",
  });
  expect(scene.portals.errors).toEqual([]);
});

test.each(cells)("$cell: while a person is asked, the time stands still", async (cell) => {
  await using scene = await openLimited(cell, { limits: { timeoutSeconds: 0.3 } });
  await using other = await scene.caller();
  await using caller = await scene.caller(async (question) => {
    // Somebody else's call, begun after the question, is given up before it is answered.
    expect(told(await callTool(other, "slow"))).toEqual([200, "call_timed_out", "server"]);
    return obliging(question);
  });
  expect(told(await callTool(caller, "ask_twice"))).toEqual([200, "ok"]);
  expect(caller.asked.length).toBe(2);
});
