/**
 * The turns of a server's syncs, over all replicas. One that begins gets the next number; what it
 * finds is written only while no later one has been, so that an older picture never replaces a newer.
 */
import { isForeignKeyViolation, sql, type Queryable } from "@castellan/database";

/** A sync that has begun. */
export interface SyncTurn {
  readonly kind: "turn";
  readonly serverId: string;
  readonly number: number;
}

/** Why there is no turn: another sync is under way, or began too short a time ago. */
export interface TakenTurn {
  readonly kind: "taken";
  /** Milliseconds since the latest sync began, by the database's clock. */
  readonly begunAgoMs: number;
}

export interface TurnOptions {
  /** How long the sync may take before others need not wait for it any more, milliseconds. */
  readonly leaseMs: number;
  /** Only when none is under way and the last one began so many milliseconds ago. Absent: in any case. */
  readonly gapMs?: number | undefined;
}

/** Undefined when there is no such server. */
export async function beginSync(
  database: Queryable,
  serverId: string,
  options: TurnOptions,
): Promise<SyncTurn | TakenTurn | undefined> {
  try {
    const number = await nextNumber(database, serverId, options);
    return number === undefined ? await latestTurn(database, serverId) : { kind: "turn", serverId, number };
  } catch (error) {
    // It was removed at this moment.
    if (isForeignKeyViolation(error)) return undefined;
    throw error;
  }
}

async function nextNumber(
  database: Queryable,
  serverId: string,
  { leaseMs, gapMs }: TurnOptions,
): Promise<number | undefined> {
  const [begun] = await database.query<{ number: number }>(sql`
    insert into server_syncs as known (server_id, begun, begun_at, busy_until)
    select id, 1, now(), now() + ${milliseconds(leaseMs)} from servers where id = ${serverId}
    on conflict (server_id) do update
      set begun = known.begun + 1, begun_at = now(), busy_until = greatest(known.busy_until, excluded.busy_until)
      where ${gapMs === undefined}
         or (coalesce(known.busy_until < now(), true) and known.begun_at <= now() - ${milliseconds(gapMs ?? 0)})
    returning begun as number`);
  return begun?.number;
}

/** Asked for by itself: the statement that was refused may not see what refused it. */
async function latestTurn(database: Queryable, serverId: string): Promise<TakenTurn | undefined> {
  const [latest] = await database.query<{ begun_ago_ms: number }>(sql`
    select extract(epoch from now() - begun_at)::float8 * 1000 as begun_ago_ms
      from server_syncs where server_id = ${serverId}`);
  // The database's clock may step back; nothing began in the future.
  return latest && { kind: "taken", begunAgoMs: Math.max(0, latest.begun_ago_ms) };
}

/** Ends the turn with something to write; false when that of a later one has been written already. */
export async function writeTurn(tx: Queryable, { serverId, number }: SyncTurn): Promise<boolean> {
  const rows = await tx.query(sql`
    update server_syncs
       set written = ${number}, busy_until = case when begun = ${number} then null else busy_until end
     where server_id = ${serverId} and written < ${number}
    returning 1`);
  return rows.length > 0;
}

/** Ends the turn with nothing to write. */
export async function endSync(database: Queryable, { serverId, number }: SyncTurn): Promise<void> {
  await database.query(sql`
    update server_syncs set busy_until = null where server_id = ${serverId} and begun = ${number}`);
}

function milliseconds(ms: number) {
  return sql`${ms}::float8 * interval '1 millisecond'`;
}
