/** Runs, as people look at them: those who had them made, and admins. */
import type { Database } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";
import type { RunCaller, Runs, RunWait } from "../run.ts";
import { cancelRun } from "./cancel.ts";
import { findDetails, findEnding, findRuns, listRuns } from "./reading.ts";

export interface RunsOptions {
  readonly database: Database;
  readonly vault: Pick<Vault, "open">;
  readonly clock: Clock;
  /** Told what nobody waits for any more. */
  readonly letGo: (waits: readonly RunWait[], caller: RunCaller) => Promise<void>;
}

export function createRuns(options: RunsOptions): Runs {
  const { database, vault, clock, letGo } = options;
  return {
    list: (filter) => listRuns(database, filter),
    find: (id) => findDetails(database, vault, id),
    async result(id, principalId) {
      const [run] = await findRuns(database, [id]);
      if (run?.caller.principalId !== principalId || run.expiresAt.getTime() <= clock.now()) return undefined;
      const { ending } = await findEnding(database, vault, id);
      return ending?.status === "completed" ? (ending.text ?? "null") : undefined;
    },
    async cancel(id, principalId) {
      const { before, after } = await cancelRun(options, id, principalId);
      await letGo(before.waits, before.caller);
      return after;
    },
  };
}
