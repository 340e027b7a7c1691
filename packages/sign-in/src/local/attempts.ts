/**
 * How often an account may be guessed at. Each attempt is counted before it is judged, in one statement, so a hundred
 * at once are a hundred. After four failures the next attempt has to wait, longer each time, up to a quarter of an hour.
 *
 * Whoever guesses at somebody's account must not be able to lock them out: a browser in which they have signed in
 * before has a cookie that says so, and is counted by itself (OWASP, "device cookies").
 */
import { sql, type Queryable } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";
import { signInFaults } from "../faults.ts";

export interface Attempts {
  /**
   * Counts an attempt at what `key` names, as one that fails. Fault: `sign_in_throttled` with `retryAfterSeconds`, if
   * it may not be made yet; then it is not counted.
   */
  begin(key: string): Promise<void>;
  /** The attempt was good: what failed before is forgotten. */
  succeed(key: string): Promise<void>;
  /** Removes what is old, a bounded part. */
  sweep(): Promise<void>;
}

export interface AttemptsOptions {
  readonly database: Queryable;
  readonly vault: Pick<Vault, "mac">;
  readonly clock: Clock;
}

export const freeFailures = 4;
export const firstWaitSeconds = 5;
export const longestWaitSeconds = 900;
/** Failures that are older count no more. */
const memoryMs = 24 * 3600_000;

export function createAttempts({ database, vault, clock }: AttemptsOptions): Attempts {
  // People type passwords into the wrong field: what was tried is not kept as it is.
  const toKey = (key: string) => vault.mac("sign-in/attempts", key);
  return Object.freeze<Attempts>({
    begin: async (key) => {
      const now = new Date(clock.now());
      const forgetBefore = new Date(clock.now() - memoryMs);
      const counted = await database.query(sql`
        insert into sign_in_attempts as seen (key, failures, tried_at, free_at)
        values (${toKey(key)}, 1, ${now}, ${now})
        on conflict (key) do update set
          failures = case when seen.tried_at < ${forgetBefore} then 1 else seen.failures + 1 end,
          tried_at = excluded.tried_at,
          free_at = case
            when seen.tried_at < ${forgetBefore} or seen.failures + 1 < ${freeFailures} then excluded.free_at
            else excluded.free_at + make_interval(secs => least(
              ${longestWaitSeconds}::float8,
              ${firstWaitSeconds}::float8 * power(2, least(seen.failures + 1 - ${freeFailures}, 20)))) end
        where seen.free_at <= excluded.tried_at
        returning 1 as one`);
      if (counted.length === 0) throw throttled(await freeInMs(database, toKey(key), clock.now()));
    },
    succeed: async (key) => {
      await database.query(sql`delete from sign_in_attempts where key = ${toKey(key)}`);
    },
    sweep: async () => {
      await database.query(sql`
        delete from sign_in_attempts where key in (
          select key from sign_in_attempts where tried_at < ${new Date(clock.now() - memoryMs)}
          order by tried_at limit 1000 for update skip locked)`);
    },
  });
}

/** For `retryAfterMs` nothing is judged. */
export function throttled(retryAfterMs: number): Error {
  const retryAfterSeconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
  return signInFaults.fault(
    "sign_in_throttled",
    `There were too many attempts that failed. Try again in ${inWords(retryAfterSeconds)}.`,
    { data: { retryAfterSeconds } },
  );
}

async function freeInMs(database: Queryable, key: Buffer, nowMs: number): Promise<number> {
  const [row] = await database.query<{ free_at: Date }>(
    sql`select free_at from sign_in_attempts where key = ${key}`,
  );
  return row ? row.free_at.getTime() - nowMs : 0;
}

function inWords(seconds: number): string {
  if (seconds < 100) return seconds === 1 ? "one second" : `${seconds} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}
