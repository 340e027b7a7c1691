/**
 * What each legacy session has at each server: the server's own session, shared by all replicas, and the
 * resources that the client subscribed to. Every change wakes the replicas under the session's id.
 */
import {
  isForeignKeyViolation,
  isUniqueViolation,
  recordChange,
  sql,
  type Database,
  type Queryable,
} from "@castellan/database";
import type { Acting } from "@castellan/calls";
import { house, type Owner } from "@castellan/credentials";
import { isFault } from "@castellan/kernel";
import { mcpFaults, type KeptSession } from "@castellan/mcp";
import { defineSealedColumn, type Vault } from "@castellan/vault";
import { portalFaults } from "../faults.ts";
import { sessionsTopic } from "./session-store.ts";

/** Where secrets of this package lie, for the rotation of the master key. */
export const portalSealedColumns = [
  defineSealedColumn({ table: "session_lines", idColumn: "id", column: "sealed_upstream" }),
];

/** A server as a line knows it: another revision, another address or another account there is another line. */
export interface LineTarget {
  readonly id: string;
  readonly revision: number;
  readonly url: string;
  /** Whom the session at the server is for, as the server knows them. */
  readonly acting: Acting;
}

/** Whose a line is: the session, and the caller that began it. */
export interface LineOwner {
  readonly id: string;
  readonly principalId: string;
}

export interface StoredLine {
  readonly generation: number;
  /** The server's session; absent when it was of another revision, address, caller or account, or cannot be unsealed. */
  readonly kept: KeptSession | undefined;
}

/** A line of a session that has ended, to be ended at its server. */
export interface EndedLine {
  readonly sessionId: string;
  readonly serverId: string;
  readonly client: { readonly version: string; readonly capabilities: string; readonly clientInfo: string };
  /** The server's session, and for whom it was; undefined when it is not to be spoken in any more. */
  readonly open: (server: Omit<LineTarget, "acting">) => OpenedLine | undefined;
}

export interface OpenedLine {
  readonly kept: KeptSession;
  readonly acting: Acting;
}

export interface Subscription {
  readonly serverId: string;
  /** What the server calls the resource. */
  readonly uri: string;
  /** What the client calls it. */
  readonly publicUri: string;
}

export interface LineStore {
  find(session: LineOwner, server: LineTarget): Promise<StoredLine | undefined>;
  /** The servers that the session has a session at. */
  serversOf(sessionId: string): Promise<string[]>;
  /**
   * Keeps a server's session if there is still the generation that was known (0: none). Resolves to the
   * new generation, or undefined when another replica was first. Throws `session_unknown`.
   */
  save(
    session: LineOwner,
    server: LineTarget,
    kept: { readonly id: string; readonly helloText: string },
    known: number,
  ): Promise<number | undefined>;
  /** Reads the lines of sessions that are about to end, on the transaction that ends them. */
  readEnded(tx: Queryable, sessionIds: readonly string[]): Promise<EndedLine[]>;
  subscriptions(sessionId: string): Promise<Subscription[]>;
  /** Throws `session_unknown`, `subscriptions_limited`. */
  subscribe(sessionId: string, subscription: Subscription): Promise<void>;
  /** Resolves to what was subscribed to, if anything was. */
  unsubscribe(sessionId: string, publicUri: string): Promise<Subscription | undefined>;
}

interface LineRow {
  session_id: string;
  server_id: string;
  server_revision: number;
  sealed_upstream: Buffer;
  hello: string;
  generation: number;
}

/** What is sealed of a line: the server's session, where it was given, to whom, and as whom the server knew them. */
interface Sealed {
  readonly url: string;
  readonly id: string;
  readonly principal: string;
  /** Absent with `owner`: of a version that called every server as the house. */
  readonly identity?: string;
  /** For whoever ends the session when nobody is there any more. */
  readonly owner?: Owner;
}

interface SubscriptionRow {
  server_id: string;
  uri: string;
  public_uri: string;
}

const maxSubscriptions = 256;

export function createLineStore(options: { database: Database; vault: Vault }): LineStore {
  const { database, vault } = options;

  /**
   * What was given at one address is never sent to another, and what is one caller's serves no other: who
   * can write to the table of sessions cannot make it so.
   */
  function open(
    row: LineRow,
    principalId: string,
    server: Omit<LineTarget, "acting">,
  ): OpenedLine | undefined {
    if (row.server_revision !== server.revision) return undefined;
    try {
      const text = vault.open(row.sealed_upstream, contextOf(row.session_id, row.server_id)).toString("utf8");
      const { url, id, principal, identity = "house", owner = house } = JSON.parse(text) as Sealed;
      if (url !== server.url || principal !== principalId) return undefined;
      return { kept: { id, helloText: row.hello }, acting: { identity, owner } };
    } catch (error) {
      // The server's session is lost with the key; a new one does as well.
      if (isFault(error)) return undefined;
      throw error;
    }
  }

  function toKept(row: LineRow, principalId: string, server: LineTarget): KeptSession | undefined {
    const opened = open(row, principalId, server);
    return opened?.acting.identity === server.acting.identity ? opened.kept : undefined;
  }

  return {
    async find({ id: sessionId, principalId }, server) {
      const [row] = await database.query<LineRow>(sql`
        select session_id, server_id, server_revision, sealed_upstream, hello, generation
          from session_lines where session_id = ${sessionId} and server_id = ${server.id}`);
      return row && { generation: row.generation, kept: toKept(row, principalId, server) };
    },

    async serversOf(sessionId) {
      const rows = await database.query<{ server_id: string }>(
        sql`select server_id from session_lines where session_id = ${sessionId} order by server_id`,
      );
      return rows.map((row) => row.server_id);
    },

    save: ({ id: sessionId, principalId }, server, { id, helloText }, known) =>
      firstOrNone(() =>
        database.transaction(async (tx) => {
          const { identity, owner } = server.acting;
          const place: Sealed = {
            url: server.url,
            id,
            principal: principalId,
            identity,
            owner: leastOf(owner),
          };
          const sealed = vault.seal(JSON.stringify(place), contextOf(sessionId, server.id));
          const [saved] = await tx.query<{ generation: number }>(sql`
            insert into session_lines as line (session_id, server_id, server_revision, sealed_upstream, hello)
            values (${sessionId}, ${server.id}, ${server.revision}, ${sealed}, ${helloText})
            on conflict (session_id, server_id) do update
               set server_revision = excluded.server_revision, sealed_upstream = excluded.sealed_upstream,
                   hello = excluded.hello, generation = line.generation + 1
             where line.generation = ${known}
            returning generation`);
          if (saved) await recordChange(tx, sessionsTopic, sessionId);
          return saved?.generation;
        }),
      ),

    async readEnded(tx, sessionIds) {
      if (sessionIds.length === 0) return [];
      const rows = await tx.query<
        LineRow & {
          principal_id: string;
          protocol_version: string;
          capabilities: string;
          client_info: string;
        }
      >(sql`
        select l.session_id, l.server_id, l.server_revision, l.sealed_upstream, l.hello, l.generation,
               s.principal_id, s.protocol_version, s.capabilities, s.client_info
          from session_lines l join sessions s on s.id = l.session_id
         where l.session_id = any(${sessionIds})`);
      return rows.map((row) => ({
        sessionId: row.session_id,
        serverId: row.server_id,
        client: {
          version: row.protocol_version,
          capabilities: row.capabilities,
          clientInfo: row.client_info,
        },
        open: (server) => open(row, row.principal_id, server),
      }));
    },

    async subscriptions(sessionId) {
      const rows = await database.query<SubscriptionRow>(sql`
        select server_id, uri, public_uri from session_subscriptions
         where session_id = ${sessionId} order by public_uri`);
      return rows.map(toSubscription);
    },

    subscribe: (sessionId, { serverId, uri, publicUri }) =>
      endedAsFault(() =>
        database.transaction(async (tx) => {
          const added = await tx.query(sql`
            insert into session_subscriptions (session_id, server_id, uri, public_uri)
            select ${sessionId}, ${serverId}, ${uri}, ${publicUri}
             where (select count(*) from session_subscriptions where session_id = ${sessionId}) < ${maxSubscriptions}
                or exists (select from session_subscriptions
                            where session_id = ${sessionId} and public_uri = ${publicUri})
            on conflict (session_id, public_uri) do update
               set server_id = excluded.server_id, uri = excluded.uri
            returning 1`);
          if (added.length === 0)
            throw portalFaults.fault(
              "subscriptions_limited",
              `This session has ${maxSubscriptions} subscriptions: end one first`,
            );
          await recordChange(tx, sessionsTopic, sessionId);
        }),
      ),

    unsubscribe: (sessionId, publicUri) =>
      database.transaction(async (tx) => {
        const [gone] = await tx.query<SubscriptionRow>(sql`
          delete from session_subscriptions where session_id = ${sessionId} and public_uri = ${publicUri}
          returning server_id, uri, public_uri`);
        if (gone) await recordChange(tx, sessionsTopic, sessionId);
        return gone && toSubscription(gone);
      }),
  };
}

/**
 * Of two who insert a line at the same time, one may fail on the index of the table that `on conflict` does
 * not name: that too says that the other was first.
 */
async function firstOrNone<T>(run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await endedAsFault(run);
  } catch (error) {
    if (isUniqueViolation(error, "session_lines_pkey")) return undefined;
    throw error;
  }
}

/** A row that refers to a session or a server that is gone. */
async function endedAsFault<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!isForeignKeyViolation(error)) throw error;
    throw mcpFaults.fault("session_unknown", "The session has ended: begin with initialize", {
      field: "Mcp-Session-Id",
    });
  }
}

function contextOf(sessionId: string, serverId: string) {
  return { table: "session_lines", row: `${sessionId}.${serverId}`, column: "sealed_upstream" };
}

function toSubscription({ server_id: serverId, uri, public_uri: publicUri }: SubscriptionRow): Subscription {
  return { serverId, uri, publicUri };
}

/** To end a session, a token need not say in which groups its person is. */
function leastOf(owner: Owner): Owner {
  return owner.kind === "person" ? { ...owner, groups: [] } : owner;
}
