/** A server that does not answer is not asked on and on; what a caller or a tool does wrong is not its fault. */
import { expect, test } from "vitest";
import { faults, only } from "../fixtures/faulty.ts";
import type { Interceptor } from "../fixtures/listener.ts";
import { cells, openCaller, startLively } from "../harness/cells.ts";
import { ModernCaller } from "../harness/callers/modern.ts";
import { callTool, openLimited, told } from "./scene.ts";

/** Breaks every call of a tool while it is switched on. */
function breakable() {
  const state = { isBroken: true };
  const broken = only("tools/call", faults.status(503));
  const intercept: Interceptor = (exchange) => state.isBroken && broken(exchange);
  return { state, intercept };
}

test.each(cells)("$cell: it opens, half-opens once, and closes; another server goes on", async (cell) => {
  const { state, intercept } = breakable();
  await using scene = await openLimited(cell, { intercept });
  await using healthy = await startLively(cell.server);
  await scene.portals.sync("healthy", healthy.url);
  const both = await scene.portals.open("both", ["lively", "healthy"], "prefixed");
  const caller = await openCaller(cell.caller, both);
  for (let n = 0; n < 5; n++)
    expect(told(await callTool(caller, "lively_show"))).toEqual([200, "upstream_refused"]);
  const asked = scene.server.recording.of("tools/call").length;
  const refused = await callTool(caller, "lively_show");
  expect([told(refused), refused.message.error?.data]).toEqual([
    [200, "server_circuit_open"],
    expect.objectContaining({ retryAfterMs: 5_000, retryable: true }),
  ]);
  expect(told(await callTool(caller, "healthy_show"))).toEqual([200, "ok"]);
  scene.portals.circuitClock.advance(5_000);
  expect(told(await callTool(caller, "lively_show"))).toEqual([200, "upstream_refused"]);
  expect(told(await callTool(caller, "lively_show"))).toEqual([200, "server_circuit_open"]);
  expect(scene.server.recording.of("tools/call").length).toBe(asked + 1);
  state.isBroken = false;
  scene.portals.circuitClock.advance(10_000);
  for (let n = 0; n < 3; n++) expect(told(await callTool(caller, "lively_show"))).toEqual([200, "ok"]);
  expect(scene.portals.errors).toEqual([]);
});

test("a sync that succeeds closes it at once", async () => {
  const { state, intercept } = breakable();
  await using scene = await openLimited({ caller: "modern", server: "modern" }, { intercept });
  const caller = await scene.caller();
  for (let n = 0; n < 5; n++) await callTool(caller, "show");
  expect(told(await callTool(caller, "show"))).toEqual([200, "server_circuit_open"]);
  state.isBroken = false;
  await scene.portals.sync("lively");
  expect(told(await callTool(caller, "show"))).toEqual([200, "ok"]);
});

test.each(cells)(
  "$cell: errors of tools, answers of whatever kind and tools' own time do not open it",
  async (cell) => {
    const limits = { tools: { slow: { timeoutSeconds: 0.05 } } };
    await using scene = await openLimited(cell, { limits });
    const caller = await scene.caller();
    for (let n = 0; n < 6; n++) {
      expect((await callTool(caller, "slow")).message.error?.data).toMatchObject({ code: "call_timed_out" });
      expect((await caller.request("prompts/get", { name: "nope" })).message.error).toBeDefined();
    }
    expect(told(await callTool(caller, "show"))).toEqual([200, "ok"]);
  },
);

test("callers who hang up do not open it", async () => {
  await using scene = await openLimited({ caller: "modern", server: "modern" });
  const caller = new ModernCaller(scene.door);
  for (let n = 0; n < 6; n++) {
    const params = { name: "slow", arguments: { key: `k${n}` } };
    const { exchange } = await caller.call("tools/call", params, { meta: { progressToken: n } });
    exchange.leave();
    await scene.server.witness.whenCancelled(`k${n}`);
  }
  expect(told(await callTool(caller, "show"))).toEqual([200, "ok"]);
});
