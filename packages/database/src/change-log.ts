/**
 * The change log: what changed, written in the same transaction as the change itself.
 *
 * Replicas read it to drop what they hold in memory (configuration, catalog, revoked tokens). A row
 * says that something under `topic` named `key` changed; the truth stays in the table it names.
 *
 * **Reading loses nothing.** Rows become visible in the order of commits, not of their numbers, so
 * "everything after the last number I saw" would skip a row whose transaction was slow. Each row
 * carries its transaction id (`xid8`, never reused). A snapshot's `xmin` (the horizon) is the oldest
 * transaction still running: rows below it are all visible or will never be. So a reader asks for
 * rows at or above its horizon minus those it has seen, and moves the horizon up. A transaction that
 * stays open holds the horizon, not the reader: what others commit meanwhile is delivered at once.
 * PostgreSQL manual §9.28 (transaction id and snapshot functions).
 */
import type { MigrationSet } from "./migrations.ts";
import type { Queryable } from "./database.ts";
import { sql } from "./sql.ts";

export const changeMigrations: MigrationSet = [
  {
    id: "database.0001-changes",
    sql: `
create table changes (
  xid xid8 not null default pg_current_xact_id(),
  seq bigint generated always as identity,
  topic text not null,
  key text not null,
  at timestamptz not null default clock_timestamp(),
  primary key (xid, seq)
);
-- The highest transaction id among trimmed rows: a reader at or below it may have missed some.
create table changes_trimmed (only_row boolean primary key default true check (only_row), xid xid8 not null);
insert into changes_trimmed (xid) values ('0');
`,
  },
];

/** The channel of the wake-ups. The payload is the topic; PostgreSQL sends equal ones of a transaction once. */
export const changeChannel = "castellan_changes";

/**
 * Notes that `key` under `topic` changed. Call it on the transaction that makes the change.
 * Both are names (`servers`, `srv_…`), never content: they go to every replica.
 */
export async function recordChange(tx: Queryable, topic: string, key: string): Promise<void> {
  await tx.query(sql`
    with change as (insert into changes (topic, key) values (${topic}, ${key}))
    select pg_notify(${changeChannel}, ${topic})`);
}

interface Change {
  readonly seq: string;
  readonly xid: bigint;
  readonly topic: string;
  readonly key: string;
}

/** Where a reader stands. */
export interface ChangeCursor {
  /** Every row below was delivered, or its transaction was rolled back. */
  readonly horizon: bigint;
  /** Rows at or above the horizon that were delivered: `seq` → `xid`. */
  readonly seen: ReadonlyMap<string, bigint>;
  /** The trim mark as of the last read. */
  readonly trimmed: bigint;
}

export interface ChangeBatch {
  readonly cursor: ChangeCursor;
  readonly changes: readonly Change[];
  /** True if rows were trimmed that this reader may not have seen. */
  readonly hasGap: boolean;
  /** False if there is more: read again. */
  readonly isComplete: boolean;
}

const maxBatch = 1_000;

interface BatchRow {
  readonly xmin: string;
  readonly trimmed: string;
  readonly seq: string | null;
  readonly xid: string | null;
  readonly topic: string | null;
  readonly key: string | null;
}

/** A cursor at the present: delivers what commits from now on. */
export async function openCursor(reader: Queryable): Promise<ChangeCursor> {
  const [row] = await reader.query<{ xmin: string; trimmed: string }>(sql`
    select pg_snapshot_xmin(pg_current_snapshot())::text as xmin, t.xid::text as trimmed from changes_trimmed t`);
  if (row === undefined) throw new Error("The change log's mark is missing; was the database migrated?");
  return { horizon: BigInt(row.xmin), seen: new Map(), trimmed: BigInt(row.trimmed) };
}

/** Reads at most 1,000 changes that the cursor has not delivered. One statement, hence one snapshot. */
export async function readChanges(reader: Queryable, cursor: ChangeCursor): Promise<ChangeBatch> {
  const rows = await reader.query<BatchRow>(sql`
    select s.xmin::text as xmin, t.xid::text as trimmed, c.seq::text as seq, c.xid::text as xid, c.topic, c.key
    from (select pg_snapshot_xmin(pg_current_snapshot()) as xmin) s
    cross join changes_trimmed t
    left join lateral (
      select xid, seq, topic, key from changes
      where xid >= ${cursor.horizon.toString()}::xid8 and seq <> all(${[...cursor.seen.keys()]}::bigint[])
      order by xid, seq limit ${maxBatch}
    ) c on true`);
  const [first] = rows;
  if (first === undefined) throw new Error("The change log's mark is missing; was the database migrated?");
  const changes = rows.flatMap(({ seq, xid, topic, key }) =>
    seq === null || xid === null || topic === null || key === null
      ? []
      : [{ seq, xid: BigInt(xid), topic, key }],
  );
  const isComplete = changes.length < maxBatch;
  // The horizon moves only when nothing visible was left behind by the limit.
  const horizon = isComplete ? BigInt(first.xmin) : cursor.horizon;
  const trimmed = BigInt(first.trimmed);
  const seen = new Map(
    [...cursor.seen, ...changes.map(({ seq, xid }) => [seq, xid] as const)].filter(
      ([, xid]) => xid >= horizon,
    ),
  );
  return {
    cursor: { horizon, seen, trimmed },
    changes,
    // A horizon beyond the present: this is another or an older database than before (a restored backup).
    hasGap: (trimmed > cursor.trimmed && trimmed >= cursor.horizon) || BigInt(first.xmin) < cursor.horizon,
    isComplete,
  };
}

export const trimBatch = 1_000;

/**
 * Deletes rows older than an hour, at most 1,000, oldest first, and says how many went. Looks at rows
 * below the present horizon only: others may still be unseen by readers that are up to date.
 */
export async function trimChanges(database: Queryable): Promise<number> {
  const [row] = await database.query<{ trimmed: number }>(sql`
    with gone as (
      delete from changes c using (
        select xid, seq from changes where xid < pg_snapshot_xmin(pg_current_snapshot())
        order by xid, seq limit ${trimBatch} for update skip locked
      ) oldest
      where c.xid = oldest.xid and c.seq = oldest.seq and c.at < now() - interval '1 hour'
      returning c.xid
    ), mark as (
      update changes_trimmed set xid = greatest(xid, (select max(xid) from gone)) where exists (select from gone)
    )
    select count(*) as trimmed from gone`);
  return row?.trimmed ?? 0;
}
