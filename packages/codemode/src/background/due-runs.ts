/**
 * Which runs are gone on with though nobody asks for it, and from when on: it is written in the table, so that it is known as well when
 * whoever heard of it is gone.
 */
import { sql, type Queryable } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import type { Run } from "../run.ts";

/** A run that waits, and may go on without its caller. */
export type WaitingRun = Pick<Run, "id" | "waits">;

/** So many are looked at in one go. */
export const pageSize = 200;

/** What is not due already, waits for somebody, and has a caller who is known without them. */
const isOpen = sql`state = 'paused' and due_at is null and waits_for <> '{}' and caller -> 'standing' is not null`;

/** Those that wait for one of these, in the order of their ids. */
export function runsWaitingFor(
  database: Queryable,
  ids: readonly string[],
  after: string,
): Promise<WaitingRun[]> {
  return database.query<WaitingRun>(sql`
    select id, waits from codemode_runs
     where ${isOpen} and waits_for && ${[...ids]}::text[] and id > ${after} order by id limit ${pageSize}`);
}

/** Those of these that wait. */
export function waitingAmong(database: Queryable, ids: readonly string[]): Promise<WaitingRun[]> {
  return database.query<WaitingRun>(sql`
    select id, waits from codemode_runs where ${isOpen} and id = any(${[...ids]})`);
}

/** All that wait, in the order of their ids. */
export function waitingRuns(database: Queryable, after: string): Promise<WaitingRun[]> {
  return database.query<WaitingRun>(sql`
    select id, waits from codemode_runs where ${isOpen} and id > ${after} order by id limit ${pageSize}`);
}

/** All of them, page by page. */
export async function* pages(
  next: (after: string) => Promise<WaitingRun[]>,
): AsyncGenerator<readonly WaitingRun[]> {
  for (let after = ""; ;) {
    const runs = await next(after);
    if (runs.length > 0) yield runs;
    const last = runs.at(-1);
    if (!last || runs.length < pageSize) return;
    after = last.id;
  }
}

/** What they wait for is decided. */
export async function markDecided(database: Queryable, ids: readonly string[], dueAt: Date): Promise<void> {
  await database.query(sql`
    update codemode_runs set due_at = ${dueAt} where id = any(${[...ids]}) and state = 'paused' and due_at is null`);
}

/** Replicas that have runs, as their rows say; a few at most. */
export async function workingReplicas(database: Queryable): Promise<string[]> {
  const rows = await database.query<{ replica: string }>(sql`
    select distinct replica from codemode_runs where state = 'running' and replica is not null limit ${pageSize}`);
  return rows.map(({ replica }) => replica);
}

/** What this replica works on, as rows say, and is not due. */
export async function runsOf(database: Queryable, replica: string): Promise<Id<"run">[]> {
  const rows = await database.query<{ id: Id<"run"> }>(sql`
    select id from codemode_runs where state = 'running' and replica = ${replica} and due_at is null order by id limit ${maxOfReplica}`);
  return rows.map(({ id }) => id);
}

/** More than one replica has places for. */
const maxOfReplica = 2_000;

/** Nobody works any more on runs of these replicas, as many as one page. */
export async function markAbandoned(
  database: Queryable,
  replicas: readonly string[],
  dueAt: Date,
): Promise<void> {
  await database.query(sql`
    update codemode_runs set due_at = ${dueAt} where id in (
      select id from codemode_runs where state = 'running' and replica = any(${[...replicas]}) and due_at is null
       order by replica, id limit ${pageSize})`);
}

/** Nobody works any more on these of this replica's. */
export async function markLost(
  database: Queryable,
  {
    ids,
    replica,
    dueAt,
  }: { readonly ids: readonly string[]; readonly replica: string; readonly dueAt: Date },
): Promise<void> {
  await database.query(sql`
    update codemode_runs set due_at = ${dueAt}
     where id = any(${[...ids]}) and state = 'running' and replica = ${replica} and due_at is null`);
}

export interface Turn {
  readonly now: Date;
  /** Callers up to this one had their turn. */
  readonly after: string;
  /** Callers who have enough under way. */
  readonly busy: readonly string[];
  /** When they are due again, if nothing comes of it. */
  readonly againAt: Date;
  readonly limit: number;
}

export interface DueRun {
  readonly id: Id<"run">;
  readonly principalId: string;
}

/**
 * Takes the oldest due run of each of the next callers, in the order of their ids. Of several replicas one gets it, and if that one dies it
 * is due again. However many runs a caller has due, one step of an index leads to the next caller.
 */
export function takeDue(database: Queryable, { now, after, busy, againAt, limit }: Turn): Promise<DueRun[]> {
  const next = (than: ReturnType<typeof sql>) => sql`
    select principal_id from codemode_runs
     where due_at <= ${now} and principal_id > ${than} and principal_id <> all(${[...busy]}::text[])
     order by principal_id limit 1`;
  return database.query<DueRun>(sql`
    with recursive callers as (
      select principal_id, 1 as place from (${next(sql`${after}`)}) as first
      union all
      select following.principal_id, place + 1
        from callers, lateral (${next(sql`callers.principal_id`)}) as following
       where place < ${limit}
    ), oldest as (
      select due.id from callers, lateral (
        select id from codemode_runs
         where principal_id = callers.principal_id and due_at <= ${now} order by due_at limit 1) as due
    ), taken as (
      update codemode_runs set due_at = ${againAt}
       where id in (select id from codemode_runs where id in (select id from oldest) and due_at <= ${now} for update skip locked)
      returning id, principal_id
    )
    select id, principal_id as "principalId" from taken order by principal_id`);
}
