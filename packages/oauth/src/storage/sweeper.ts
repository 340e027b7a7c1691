/** Removes what has expired, a bounded batch at a time. Expired rows are refused anyway; this only frees their space. */
import { sweepGrants } from "@castellan/access";
import { sql, type Database } from "@castellan/database";
import type { Clock } from "@castellan/kernel";

const maxRows = 500;
const intervalMs = 60_000;

export interface SweeperOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** Sweeps once a minute until it is disposed of. */
export function startSweeper({ database, clock, onError }: SweeperOptions): AsyncDisposable {
  let running: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    running = running.then(() => sweep(database, clock.now())).catch(onError);
  }, intervalMs);
  timer.unref();
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await running;
    },
  };
}

/** At most 500 rows of each table, until a batch is not full. */
export async function sweep(database: Database, nowMs: number): Promise<void> {
  for (let round = 0; round < 20; round += 1) {
    const isMore = await sweepArtifacts(database, nowMs);
    if (!(await sweepGrants(database, nowMs)) && !isMore) return;
  }
}

async function sweepArtifacts(database: Database, nowMs: number): Promise<boolean> {
  const now = new Date(nowMs);
  const [row] = await database.query<{ artifacts: number; tokens: number }>(sql`
    with
      artifacts as (
        delete from oauth_artifacts where id in (
          select id from oauth_artifacts where expires_at <= ${now} limit ${maxRows} for update skip locked)
        returning 1),
      tokens as (
        delete from refresh_tokens where hash in (
          select hash from refresh_tokens where expires_at <= ${now} limit ${maxRows} for update skip locked)
        returning 1)
    select (select count(*) from artifacts)::int as artifacts, (select count(*) from tokens)::int as tokens`);
  return row !== undefined && (row.artifacts === maxRows || row.tokens === maxRows);
}
