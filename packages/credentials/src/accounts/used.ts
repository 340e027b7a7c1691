/**
 * Notes when accounts were used, without a call waiting for it: at most once a minute each, written for all of them together a
 * few seconds later. It is for people who tidy up: a write that fails is told and dropped, a crash may lose the last seconds.
 */
import { sql, type Queryable } from "@castellan/database";
import type { Account } from "../account.ts";
import type { Ground } from "./ground.ts";

const everyMs = 60_000;
const writeAfterMs = 5_000;

export class UsedAccounts implements AsyncDisposable {
  readonly #ground: Pick<Ground, "database" | "clock" | "onError">;
  /** When each was noted last, of those within the last minute. */
  readonly #notedAt = new Map<string, number>();
  #unwritten = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(ground: Pick<Ground, "database" | "clock" | "onError">) {
    this.#ground = ground;
  }

  note({ id }: Pick<Account, "id">): void {
    const nowMs = this.#ground.clock.now();
    if (nowMs - (this.#notedAt.get(id) ?? Number.NEGATIVE_INFINITY) < everyMs) return;
    this.#notedAt.set(id, nowMs);
    this.#unwritten.set(id, nowMs);
    this.#timer ??= setTimeout(() => void this.write(), writeAfterMs).unref();
  }

  /** Writes what was noted, now. */
  write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { database, clock, onError } = this.#ground;
    const used = this.#unwritten;
    this.#unwritten = new Map();
    const nowMs = clock.now();
    for (const [id, atMs] of this.#notedAt) if (nowMs - atMs >= everyMs) this.#notedAt.delete(id);
    if (used.size > 0) this.#writing = this.#writing.then(() => writeUsed(database, used)).catch(onError);
    return this.#writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.write();
  }
}

/** Skips rows that another replica is writing: its time is as good, and two replicas cannot deadlock. */
async function writeUsed(database: Queryable, used: ReadonlyMap<string, number>): Promise<void> {
  const times = [...used.values()].map((ms) => new Date(ms).toISOString());
  await database.query(sql`
    with used as (
      select id, at from unnest(${[...used.keys()]}::text[], ${times}::timestamptz[]) as used (id, at)
    ), free as (
      select id from linked_accounts where id in (select id from used) for no key update skip locked
    )
    update linked_accounts as one set used_at = greatest(one.used_at, used.at)
    from used join free using (id) where one.id = used.id`);
}
