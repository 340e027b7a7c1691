/** Puts the pool together, as this machine allows. */
import { join } from "node:path";

import type { Fault } from "@castellan/kernel";

import { checkCage } from "./containment/check.ts";
import { readHarness } from "./containment/runtime-dir.ts";
import type { Isolates, IsolatesOptions } from "./isolates.ts";
import { defaultProcessLimits, defaultRunLimits, toFrameLimits } from "./limits.ts";
import { makePoolFolder } from "./pool/folder.ts";
import { Pool } from "./pool/pool.ts";
import { Stock } from "./pool/stock.ts";
import { IsolateProcess } from "./process/isolate-process.ts";

/**
 * A pool that is ready, or one that says with each run why it cannot (`isolates_unavailable`, `isolate_containment_missing`): an
 * installation without programs still serves everything else.
 */
export async function createIsolates(options: IsolatesOptions): Promise<Isolates> {
  const { warm = 2, maxRunning = 16, onError } = options;
  const processLimits = { ...defaultProcessLimits, ...options.processLimits };
  const runLimits = { ...defaultRunLimits, ...options.runLimits };
  const folder = await makePoolFolder(options.dir);
  const { cage, report, fault } = await checkCage(options.containment, {
    dir: folder,
    limits: processLimits,
  });
  let count = 0;
  const { maxFrameBytes, maxLineBytes } = toFrameLimits(runLimits);
  const start = (): Promise<IsolateProcess> =>
    IsolateProcess.start({ cage: cage!, dir: join(folder, String(++count)), maxFrameBytes, maxLineBytes });
  const stock: Stock | Fault =
    fault ??
    new Stock({
      start,
      warm,
      maxProcesses: maxRunning * 2 + warm,
      idleMs: options.idleMs ?? 60_000,
      maxGrownMiB: processLimits.residentMiB / 4,
      onError,
    });
  return new Pool({
    folder,
    stock,
    harness: await readHarness(),
    containment: report,
    maxRunning,
    maxRunningPerOwner: options.maxRunningPerOwner ?? Math.max(1, Math.floor(maxRunning / 2)),
    maxWaiting: options.maxWaiting ?? 1_000,
    runsPerProcess: options.runsPerProcess ?? 500,
    runLimits,
    processLimits,
  });
}
