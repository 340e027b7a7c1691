/** The end of a run: one statement, with what of its calls is not written yet. */
import { prepared, recordChange, sql, type Database, type Queryable } from "@castellan/database";
import type { LogLine } from "@castellan/isolates";
import type { Vault } from "@castellan/vault";
import { runTaken } from "../faults.ts";
import { insertCalls, unsealed } from "../journal/call-table.ts";
import type { Run, RunCall, RunEnding } from "../run.ts";
import { codeMac, valuesOf } from "./begin.ts";
import { runsTopic } from "./run-row.ts";
import { sealCode, sealEnding, sealLogs } from "./sealing.ts";

export interface Ending {
  readonly ending: RunEnding;
  /** `cancelled` is told to callers as a failure. */
  readonly state: "completed" | "failed" | "cancelled";
  readonly endedAt: Date;
  /** Until when what it returned is kept. */
  readonly expiresAt: Date;
  readonly logs: readonly LogLine[];
  /** Those that are not written yet. */
  readonly calls: readonly RunCall[];
  readonly callCount: number;
  readonly use: { readonly wallMs: number; readonly cpuMs: number };
}

interface Ground {
  readonly database: Database;
  readonly vault: Pick<Vault, "seal" | "mac">;
}

/** Fault: `run_taken`, and nothing is written. */
export async function end({ database, vault }: Ground, run: Run, ending: Ending): Promise<void> {
  const write = async (on: Queryable) => {
    const [row] = await on.query<{ held: number }>(statementOf(vault, run, ending));
    if (row?.held !== 1) throw runTaken(run.id);
  };
  // Of a run that never waited nobody has heard yet.
  if (run.use.passes === 1) return write(database);
  return database.transaction(async (tx) => {
    await write(tx);
    await recordChange(tx, runsTopic, run.id);
  });
}

function statementOf(vault: Ground["vault"], { id, version }: Run, ended: Ending) {
  const { ending, state, endedAt, expiresAt, logs, calls, callCount, use } = ended;
  return prepared(
    "codemode_end",
    sql`
      with held as (
        update codemode_runs
           set state = ${state}, ended_at = ${endedAt}, expires_at = ${expiresAt}, replica = null, due_at = null, version = version + 1,
               waits = '[]', waits_for = '{}', error_code = ${codeOf(ending)}, result_bytes = ${bytesOf(ending)},
               sealed_result = ${sealEnding(vault, id, ending)}, sealed_logs = ${sealLogs(vault, id, logs)},
               wall_ms = wall_ms + ${use.wallMs}, cpu_ms = cpu_ms + ${use.cpuMs}, calls = ${callCount}
         where id = ${id} and version = ${version} and state = 'running'
        returning id
      ), saved as (${insertCalls(id, calls, unsealed)}
      ), forgotten as (
        update codemode_calls set sealed_outcome = null from held
         where run_id = held.id and state = 'done' and sealed_outcome is not null
      )
      select count(*) as held from held`,
  );
}

/** A run that was over before anything of it had to be known: written once, at its end. */
export async function recordEnded(
  { database, vault }: Ground,
  { run, code }: { readonly run: Run; readonly code: string },
  { ending, state, endedAt, expiresAt, logs, callCount, use }: Ending,
): Promise<void> {
  await database.query(
    prepared(
      "codemode_record_ended",
      sql`
        insert into codemode_runs (id, state, tool, server_id, server, caller, principal_id, portal, narrowed_to, place, call_id,
                                   sealed_code, code_mac, started_at, expires_at, ended_at, error_code, result_bytes,
                                   sealed_result, sealed_logs, wall_ms, cpu_ms, calls)
        values (${valuesOf({ ...run, state })}, ${sealCode(vault, run.id, code)}, ${codeMac(vault, run, code)},
                ${run.startedAt}, ${expiresAt}, ${endedAt}, ${codeOf(ending)}, ${bytesOf(ending)},
                ${sealEnding(vault, run.id, ending)}, ${sealLogs(vault, run.id, logs)}, ${use.wallMs}, ${use.cpuMs}, ${callCount})`,
    ),
  );
}

function codeOf(ending: RunEnding): string | null {
  return ending.status === "failed" ? ending.code : null;
}

function bytesOf(ending: RunEnding): number | null {
  return ending.status === "completed" ? Buffer.byteLength(ending.text ?? "") : null;
}
