/** A caller does not want a run any more. */
import { recordChange, sql, type Database } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import { codemodeFaults, runUnknown } from "../faults.ts";
import type { Run } from "../run.ts";
import { runColumns, runsTopic, toRun, type RunRow } from "./run-row.ts";

/**
 * Ends it where it stands; what it did stays done. Whoever works on it hears of it, and can commit nothing more. Faults: `run_unknown`,
 * `run_ended`.
 */
export async function cancelRun(
  { database, clock }: { readonly database: Database; readonly clock: Clock },
  id: string,
  principalId: string,
): Promise<{ readonly before: Run; readonly after: Run }> {
  return database.transaction(async (tx) => {
    const [before] = await tx.query<RunRow>(
      sql`select ${runColumns} from codemode_runs where id = ${id} and principal_id = ${principalId} for update`,
    );
    if (!before) throw runUnknown();
    if (before.state !== "paused" && before.state !== "running")
      throw codemodeFaults.fault("run_ended", `The run is ${before.state} already`);
    const [after] = await tx.query<RunRow>(sql`
      update codemode_runs
         set state = 'cancelled', ended_at = ${new Date(clock.now())}, replica = null, due_at = null, version = version + 1, waits = '[]',
             waits_for = '{}', error_code = 'run_cancelled'
       where id = ${id} returning ${runColumns}`);
    // Nobody replays it.
    await tx.query(
      sql`update codemode_calls set sealed_outcome = null where run_id = ${id} and sealed_outcome is not null`,
    );
    await recordChange(tx, runsTopic, id);
    return { before: toRun(before), after: toRun(after as RunRow) };
  });
}
