/** What time does to runs, a bounded batch at a time: those that wait are given up, results are forgotten, and runs are. */
import { recordChange, sql, type Database, type Transaction } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import type { Run } from "../run.ts";
import { runColumns, runsTopic, toRun, type RunRow } from "./run-row.ts";

const maxBatch = 200;
/** With each go its calls, of which it may have made a thousand. */
const maxRemoved = 50;
const maxRounds = 20;

export interface SweepOptions {
  readonly database: Database;
  readonly clock: Clock;
  /** How long an ended run is listed, milliseconds. */
  readonly keptMs: number;
}

/** Answers the runs that were given up, as they waited. */
export async function sweepRuns({ database, clock, keptMs }: SweepOptions): Promise<Run[]> {
  const expired: Run[] = [];
  for (let round = 0; round < maxRounds; round++) {
    const now = new Date(clock.now());
    const given = await database.transaction((tx) => giveUp(tx, now));
    expired.push(...given);
    const forgotten = await forgetResults(database, now);
    const removed = await remove(database, new Date(clock.now() - keptMs));
    if (Math.max(given.length, forgotten) < maxBatch && removed < maxRemoved) break;
  }
  return expired;
}

async function giveUp(tx: Transaction, now: Date): Promise<Run[]> {
  const rows = await tx.query<RunRow>(sql`
    select ${runColumns} from codemode_runs where state = 'paused' and expires_at <= ${now}
     order by expires_at limit ${maxBatch} for update skip locked`);
  const ids = rows.map(({ id }) => id);
  await tx.query(sql`
    update codemode_runs
       set state = 'expired', ended_at = ${now}, version = version + 1, due_at = null, waits = '[]', waits_for = '{}', error_code = 'run_expired'
     where id = any(${ids})`);
  await tx.query(
    sql`update codemode_calls set sealed_outcome = null where run_id = any(${ids}) and sealed_outcome is not null`,
  );
  for (const id of ids) await recordChange(tx, runsTopic, id);
  return rows.map(toRun);
}

/** What it returned; why it failed is told as long as it is listed. */
async function forgetResults(database: Database, now: Date): Promise<number> {
  const rows = await database.query(sql`
    update codemode_runs set sealed_result = null where id in (
      select id from codemode_runs where state = 'completed' and sealed_result is not null and expires_at <= ${now}
      order by expires_at limit ${maxBatch} for update skip locked)
    returning 1`);
  return rows.length;
}

async function remove(database: Database, before: Date): Promise<number> {
  const rows = await database.query(sql`
    delete from codemode_runs where id in (
      select id from codemode_runs where ended_at < ${before} order by ended_at limit ${maxRemoved} for update skip locked)
    returning 1`);
  return rows.length;
}
