/** Field lesson 12: calls cost no memory that does not come back, in any cell. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BenchUpstream, startBenchUpstream } from "../fixtures/bench-upstream.ts";
import { cells } from "../harness/cells.ts";
import { printFigures } from "../heavy/figures.ts";
import { eventually } from "../heavy/process/proc.ts";
import { Connection, isSuccess } from "../heavy/traffic/connection.ts";
import { openScene, type Scene } from "../heavy/returns/scene.ts";

/** A leak of 1 KiB a call would be 8 MiB. */
const calls = 8_000;
const maxGrowthMiB = 6;
const clients = 8;

describe.runIf(process.platform === "linux")("memory", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());

  test.each(cells)("$cell: $caller caller, $server server", async ({ cell, caller: era, server }) => {
    const upstream: BenchUpstream = await startBenchUpstream({ era: server });
    const slug = cell.toLowerCase();
    try {
      const [door] = await scene.open(slug, upstream.url, 1);
      if (door === undefined) throw new Error("A portal has one token at least");
      const callAll = (count: number) =>
        Promise.all(
          Array.from({ length: clients }, async () => {
            using client = new Connection({ ...door, era });
            await client.begin();
            for (let n = 0; n < count / clients; n++)
              if (!isSuccess(await client.call(`${slug}_echo`, { text: "hello" })))
                throw new Error("A call failed");
          }),
        );
      // What is compiled and remembered on the first calls is not what each of them costs.
      await callAll(1_000);
      const before = await scene.held();
      await callAll(calls);
      const after = await eventually(
        () => scene.held(),
        ({ heapMiB }) => heapMiB - before.heapMiB < maxGrowthMiB,
        { withinMs: 20_000, everyMs: 500 },
      );
      printFigures(`${cell}: ${calls} calls`, {
        "heap MiB before": before.heapMiB,
        after: after.heapMiB,
        "sockets before": before.sockets,
        "sockets after": after.sockets,
      });
      expect(after.sockets - before.sockets).toBeLessThanOrEqual(2 * clients);
    } finally {
      await upstream[Symbol.asyncDispose]();
    }
  });
});
