import type { CatalogServer } from "@castellan/calls";
import { testServer } from "@castellan/calls/testing";
import { createManualClock } from "@castellan/kernel";
import { expect, test } from "vitest";
import { scheduleSyncs } from "./schedule-syncs.ts";

const readAt = new Date(0);
const failed = [{ kind: "resource", code: "upstream_invalid", message: "no database" }] as const;

/** Which of them is read so long after it was read last, by slug. */
async function dueAfter(ms: number, ...servers: CatalogServer[]): Promise<string[]> {
  const read: string[] = [];
  await using syncs = scheduleSyncs({
    catalog: { servers: () => servers },
    syncer: {
      syncOnce: (id) => {
        read.push(id);
        return Promise.resolve({ kind: "gone" });
      },
    },
    clock: createManualClock(ms),
    intervalSeconds: 7_200,
    onError: (error) => expect.unreachable(String(error)),
  });
  expect(syncs).toBeDefined();
  return servers.filter(({ server }) => read.includes(server.id)).map(({ server }) => server.slug);
}

test("a server that failed, or one of whose lists did, is asked again within a minute", async () => {
  const state = { attemptedAt: readAt };
  const whole = testServer("whole", { state });
  const part = testServer("part", { state: { ...state, failedLists: failed } });
  const none = testServer("none", { state: { ...state, status: "stale" } });
  const often = testServer("often", { server: { syncIntervalSeconds: 30 }, state });
  expect(await dueAfter(29_000, whole, part, none, often)).toEqual([]);
  expect(await dueAfter(59_000, whole, part, none, often)).toEqual(["often"]);
  expect(await dueAfter(60_000, whole, part, none)).toEqual(["part", "none"]);
  expect(await dueAfter(7_200_000, whole)).toEqual(["whole"]);
});
