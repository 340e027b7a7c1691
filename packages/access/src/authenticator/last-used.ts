import { sql, type Queryable } from "@castellan/database";
import type { KnownToken } from "./known-token.ts";

type Table = NonNullable<KnownToken["noted"]>["table"];

/**
 * Notes when tokens and grants were used, without the hot path waiting for it: at most once a minute per token,
 * written for all of them together a few seconds later. It is for people who tidy up, so a write that
 * fails is told and dropped, and a crash may lose the last seconds.
 */
export class LastUsed implements AsyncDisposable {
  readonly #database: Queryable;
  readonly #onError: (error: unknown) => void;
  #noted: Record<Table, Map<string, number>> = { tokens: new Map(), grants: new Map() };
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(database: Queryable, onError: (error: unknown) => void) {
    this.#database = database;
    this.#onError = onError;
  }

  note(token: KnownToken, nowMs: number): void {
    if (!token.noted || nowMs - token.lastUsedAtMs < everyMs) return;
    token.lastUsedAtMs = nowMs;
    this.#noted[token.noted.table].set(token.noted.id, nowMs);
    this.#timer ??= setTimeout(() => void this.write(), writeAfterMs).unref();
  }

  /** Writes what was noted, now. */
  write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const noted = this.#noted;
    this.#noted = { tokens: new Map(), grants: new Map() };
    for (const table of ["tokens", "grants"] as const)
      if (noted[table].size > 0)
        this.#writing = this.#writing
          .then(() => writeLastUsed(this.#database, table, noted[table]))
          .catch(this.#onError);
    return this.#writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.write();
  }
}

const everyMs = 60_000;
const writeAfterMs = 5_000;
const names = { tokens: sql`tokens`, grants: sql`grants` };

/** Skips rows that another replica is writing: its time is as good, and two replicas cannot deadlock. */
async function writeLastUsed(
  database: Queryable,
  table: Table,
  noted: ReadonlyMap<string, number>,
): Promise<void> {
  const name = names[table];
  const times = [...noted.values()].map((ms) => new Date(ms).toISOString());
  await database.query(sql`
    with used as (
      select id, at from unnest(${[...noted.keys()]}::text[], ${times}::timestamptz[]) as used (id, at)
    ), free as (
      select id from ${name} where id in (select id from used) for no key update skip locked
    )
    update ${name} as one set last_used_at = greatest(one.last_used_at, used.at)
    from used join free using (id) where one.id = used.id`);
}
