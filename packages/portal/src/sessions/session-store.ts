/** Legacy sessions in PostgreSQL, known to every replica. */
import type { Caller } from "@castellan/access";
import { recordChange, sql, type Database, type Queryable } from "@castellan/database";
import { isId, type Id } from "@castellan/kernel";
import type { LegacyClient, LegacyVersion, LogLevel } from "@castellan/mcp";

/** The topic of the change log under which sessions are told; keys are session ids. */
export const sessionsTopic = "sessions";

export interface NewSession {
  readonly id: Id<"session">;
  readonly principalId: string;
  /** The client that a person let in, where the session was begun by one. */
  readonly clientId: string | undefined;
  /** The portal's slug. */
  readonly portal: string;
  readonly client: LegacyClient;
  readonly clientName: string | undefined;
  readonly clientVersion: string | undefined;
}

export interface StoredSession extends NewSession {
  readonly logLevel: LogLevel | undefined;
  /** The replica that holds the client's GET stream, and how often that has changed. */
  readonly streamOwner: string | undefined;
  readonly streamGeneration: number;
}

/** What changes while a session lives. */
export type SessionState = Pick<StoredSession, "id" | "logLevel" | "streamOwner" | "streamGeneration">;

/** Which sessions an end is about. */
export type SessionsToEnd =
  | { readonly id: string }
  | { readonly portal: string }
  | { readonly caller: Caller; readonly notAt: readonly string[] }
  | { readonly principalId: string; readonly beyond: number; readonly keep: string }
  | { readonly idleMs: number };

export interface SessionStore {
  /** Resolves to how many other sessions the caller has. */
  add(session: NewSession): Promise<number>;
  /** Those of these ids that there are. */
  find(ids: readonly string[]): Promise<StoredSession[]>;
  /** Of those of these ids that there are: what may have changed. */
  states(ids: readonly string[]): Promise<SessionState[]>;
  /**
   * Ends sessions, at most 500, and says which. `seeLines` is called before their lines are gone, within
   * the transaction: whoever ended a session ends its lines, and nobody else does.
   */
  end<Lines>(
    which: SessionsToEnd,
    seeLines: (tx: Queryable, ids: readonly string[]) => Promise<Lines>,
  ): Promise<{ readonly ids: readonly string[]; readonly lines: Lines; readonly mayBeMore: boolean }>;
  /** Who has sessions where, of these principals and clients; of all, if none are named. At most 10,000. */
  callers(among: readonly string[] | undefined): Promise<(Caller & { portal: string })[]>;
  /** They were used just now. */
  touch(ids: readonly string[]): Promise<void>;
  /** False when the session is gone. */
  setLogLevel(id: string, level: LogLevel): Promise<boolean>;
  /** Makes this replica the holder of the stream; `from` names whom it must be taken from. The new generation, if it is. */
  takeStream(
    id: string,
    replica: string,
    from?: { readonly owner: string | undefined },
  ): Promise<number | undefined>;
  /** Gives the stream up, unless it was taken over meanwhile. */
  leaveStream(id: string, generation: number): Promise<void>;
}

interface StateRow {
  id: Id<"session">;
  log_level: LogLevel | null;
  stream_owner: string | null;
  stream_generation: number;
}

interface SessionRow extends StateRow {
  principal_id: string;
  client_id: string | null;
  portal: string;
  protocol_version: LegacyVersion;
  capabilities: string;
  client_info: string;
  client_name: string | null;
  client_version: string | null;
}

export function createSessionStore(database: Database): SessionStore {
  return {
    async add({ id, principalId, clientId, portal, client, clientName, clientVersion }) {
      // The count is of the moment before: the row itself is not in it.
      const [row] = await database.query<{ others: number }>(sql`
        insert into sessions (id, principal_id, client_id, portal, protocol_version, capabilities, client_info,
                              client_name, client_version)
        values (${id}, ${principalId}, ${clientId ?? null}, ${portal}, ${client.version}, ${client.capabilities}, ${client.clientInfo},
                ${clientName ?? null}, ${clientVersion ?? null})
        returning (select count(*) from sessions where principal_id = ${principalId})::int as others`);
      return row?.others ?? 0;
    },

    async find(ids) {
      const wanted = ids.filter((id) => isId("session", id));
      if (wanted.length === 0) return [];
      const rows = await database.query<SessionRow>(sql`
        select id, principal_id, client_id, portal, protocol_version, capabilities, client_info, client_name, client_version,
               log_level, stream_owner, stream_generation
          from sessions where id = any(${wanted})`);
      return rows.map(toStored);
    },

    async states(ids) {
      if (ids.length === 0) return [];
      const rows = await database.query<StateRow>(sql`
        select id, log_level, stream_owner, stream_generation from sessions where id = any(${ids})`);
      return rows.map(toState);
    },

    end: (which, seeLines) =>
      database.transaction(async (tx) => {
        const chosen = await tx.query<{ id: string }>(choose(which));
        const ids = chosen.map(({ id }) => id);
        const lines = await seeLines(tx, ids);
        if (ids.length > 0) await tx.query(sql`delete from sessions where id = any(${ids})`);
        for (const id of ids) await recordChange(tx, sessionsTopic, id);
        return { ids, lines, mayBeMore: ids.length === maxEnded };
      }),

    async callers(among) {
      const rows = await database.query<Pick<SessionRow, "principal_id" | "client_id" | "portal">>(sql`
        select distinct principal_id, client_id, portal from sessions
         where ${among === undefined} or principal_id = any(${among ?? []}) or client_id = any(${among ?? []})
         limit 10000`);
      return rows.map((row) => ({
        principalId: row.principal_id,
        clientId: row.client_id ?? undefined,
        portal: row.portal,
      }));
    },

    async touch(ids) {
      if (ids.length > 0)
        await database.query(sql`
          update sessions set last_used_at = now() where id = any(array(
            select id from sessions where id = any(${ids}) for no key update skip locked))`);
    },

    setLogLevel: (id, level) =>
      database.transaction(async (tx) => {
        const changed = await tx.query(
          sql`update sessions set log_level = ${level}, last_used_at = now() where id = ${id} returning 1`,
        );
        if (changed.length > 0) await recordChange(tx, sessionsTopic, id);
        return changed.length > 0;
      }),

    takeStream: (id, replica, from) =>
      database.transaction(async (tx) => {
        const [taken] = await tx.query<{ generation: number }>(sql`
          update sessions
             set stream_owner = ${replica}, stream_generation = stream_generation + 1, last_used_at = now()
           where id = ${id}
             and (${from === undefined} or stream_owner is not distinct from ${from?.owner ?? null})
          returning stream_generation as generation`);
        if (taken) await recordChange(tx, sessionsTopic, id);
        return taken?.generation;
      }),

    leaveStream: (id, generation) =>
      database.transaction(async (tx) => {
        const left = await tx.query(sql`
          update sessions set stream_owner = null, last_used_at = now()
           where id = ${id} and stream_generation = ${generation} returning 1`);
        if (left.length > 0) await recordChange(tx, sessionsTopic, id);
      }),
  };
}

const maxEnded = 500;

/** Locked, so that two who end the same sessions do not both end their lines. */
function choose(which: SessionsToEnd) {
  if ("id" in which) return sql`select id from sessions where id = ${which.id} for update`;
  if ("portal" in which)
    return sql`select id from sessions where portal = ${which.portal} limit ${maxEnded} for update`;
  if ("idleMs" in which)
    return sql`
      select id from sessions where last_used_at < now() - ${which.idleMs} * interval '1 millisecond'
       limit ${maxEnded} for update skip locked`;
  if ("notAt" in which)
    return sql`
      select id from sessions
       where principal_id = ${which.caller.principalId}
         and client_id is not distinct from ${which.caller.clientId ?? null} and portal <> all(${which.notAt})
       limit ${maxEnded} for update`;
  // One with a stream is in use, however long ago its client last asked for something. Those that stay must
  // not be locked, and one that is locked is ended already, or used at this moment.
  return sql`
    select id from sessions
     where id = any(array(
       select id from sessions where principal_id = ${which.principalId}
        order by id = ${which.keep} desc, stream_owner is null, last_used_at desc, id desc
       offset ${which.beyond} limit ${maxEnded}))
       for update skip locked`;
}

function toState(row: StateRow): SessionState {
  return {
    id: row.id,
    logLevel: row.log_level ?? undefined,
    streamOwner: row.stream_owner ?? undefined,
    streamGeneration: row.stream_generation,
  };
}

function toStored(row: SessionRow): StoredSession {
  return {
    ...toState(row),
    principalId: row.principal_id,
    clientId: row.client_id ?? undefined,
    portal: row.portal,
    client: {
      version: row.protocol_version,
      capabilities: row.capabilities,
      clientInfo: row.client_info,
    },
    clientName: row.client_name ?? undefined,
    clientVersion: row.client_version ?? undefined,
  };
}
