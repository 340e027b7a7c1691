/** A run that waits for people takes no process: all that it knows is committed, and it is run again from there. */
import { recordChange, sql, type Database } from "@castellan/database";
import type { Vault } from "@castellan/vault";
import { codemodeFaults, runTaken } from "../faults.ts";
import { insertCalls, sealing, type HeldRun } from "../journal/call-table.ts";
import type { Run, RunCall, RunWait } from "../run.ts";
import { runsTopic } from "./run-row.ts";

export interface Parking {
  readonly waits: readonly RunWait[];
  /** Those that are not written yet. */
  readonly calls: readonly RunCall[];
  readonly callCount: number;
  readonly expiresAt: Date;
  readonly use: { readonly wallMs: number; readonly cpuMs: number };
  /** How many of one caller's may wait. */
  readonly maxPaused: number;
  /** When it is gone on with in any case: what it waits for has been decided. */
  readonly dueAt?: Date | undefined;
}

/** Faults: `run_taken`; `runs_limited`, and nothing is written. */
export async function park(
  { database, vault }: { readonly database: Database; readonly vault: Pick<Vault, "seal"> },
  { id, version, caller }: HeldRun & Pick<Run, "caller">,
  { waits, calls, callCount, expiresAt, use, maxPaused, dueAt }: Parking,
): Promise<void> {
  await database.transaction(async (tx) => {
    // Of the same caller's no two are counted at the same time.
    await tx.query(
      sql`select pg_advisory_xact_lock(hashtextextended('codemode_runs ' || ${caller.principalId}, 0))`,
    );
    const [paused] = await tx.query<{ count: number }>(sql`
      select count(*) from codemode_runs where principal_id = ${caller.principalId} and state = 'paused'`);
    if ((paused?.count ?? 0) >= maxPaused)
      throw codemodeFaults.fault(
        "runs_limited",
        `${maxPaused} runs wait for people already: end one, or have what one waits for decided`,
        { data: { maxPaused } },
      );
    const [row] = await tx.query<{ held: number }>(sql`
      with held as (
        update codemode_runs
           set state = 'paused', untold = true, replica = null, due_at = ${dueAt ?? null}, version = version + 1, expires_at = ${expiresAt}, calls = ${callCount},
               waits = ${JSON.stringify(waits)}, waits_for = ${waits.map((wait) => wait.id)},
               wall_ms = wall_ms + ${use.wallMs}, cpu_ms = cpu_ms + ${use.cpuMs}
         where id = ${id} and version = ${version} and state = 'running'
        returning id
      ), saved as (${insertCalls(id, calls, sealing(vault))})
      select count(*) as held from held`);
    if (row?.held !== 1) throw runTaken(id);
    await recordChange(tx, runsTopic, id);
  });
}
