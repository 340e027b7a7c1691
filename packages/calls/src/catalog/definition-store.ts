/** What servers offer, in PostgreSQL: written by a sync, read into the catalog. */
import { recordChange, sql, type Database, type Queryable } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import { rpcCodes, type CapabilityKind } from "@castellan/mcp";
import type { FailedList, Server, ServerState, SyncError } from "../servers/server.ts";
import { serversTopic } from "../servers/server-store.ts";
import { toDefinitions } from "../reviews/decision.ts";
import type { FoundEras } from "../upstreams/found-eras.ts";
import type { OnRenamed } from "../reviews/renames.ts";
import { settleSync } from "../reviews/settle.ts";
import {
  kinds,
  listMethodOf,
  type Definition,
  type DefinitionKind,
  type FoundDefinition,
} from "./definition.ts";
import { readDefinitions, readKinds, replaceDefinitions } from "./stored-definitions.ts";
import {
  beginSync,
  endSync,
  writeTurn,
  type SyncTurn,
  type TakenTurn,
  type TurnOptions,
} from "./sync-turns.ts";

export interface DefinitionStore {
  /** The definitions of these servers as they have been decided on, in the order in which each server lists them. */
  findByServers(ids: readonly string[]): Promise<Map<string, Definition[]>>;
  /** Takes a turn at syncing a server; undefined when there is no such server. */
  beginSync(id: Id<"server">, options: TurnOptions): Promise<SyncTurn | TakenTurn | undefined>;
  /**
   * Replaces what the server offers by what a sync found, list by list: of one that could not be read, what is known of
   * the same server stays. Accepts of it what the server's setting accepts, and ends its turn. Nothing is written when a later turn's end was; without a turn it is written in any case.
   */
  saveSync(id: Id<"server">, found: SyncFindings, turn?: SyncTurn): Promise<void>;
  /** Keeps what an earlier sync found, and says that this one failed. Turns as with `saveSync`. */
  saveFailure(id: Id<"server">, failure: SyncFailure, turn?: SyncTurn): Promise<void>;
  /** Keeps that a server which was read before asks for OAuth (auth `auto`). Nothing where that is known. */
  noteOAuth(id: string): Promise<void>;
  /** Keeps how a server speaks, found out otherwise than by a sync. Nothing where it is another one by now, or was read. */
  noteEras(server: Pick<Server, "id" | "url">, found: FoundEras): Promise<void>;
  /** Ends a turn that came to nothing. */
  endSync(turn: SyncTurn): Promise<void>;
}

export interface SyncFailure extends SyncError {
  readonly asksForOAuth?: boolean;
}

export interface SyncFindings {
  readonly definitions: readonly FoundDefinition[];
  readonly skipped: readonly string[];
  /** Lists that could not be read. */
  readonly failedLists?: readonly FailedList[];
  /** Lists that the server says it does not know, while it says that it has such a capability. */
  readonly unknownLists?: readonly CapabilityKind[];
  readonly latencyMs: number;
  readonly foundBelow?: ServerState["foundBelow"];
  /** The origin at which it was asked; absent: that of its URL, whichever it is. */
  readonly foundAt?: string;
  readonly modern: ServerState["modern"];
  readonly legacy: ServerState["legacy"];
  /** It was found out that the server asks for OAuth (auth `auto`); that is kept once it is known. */
  readonly asksForOAuth?: boolean;
}

export interface DefinitionStoreOptions {
  /** Told of names that changed where a server's setting accepts the new one. */
  readonly onRenamed?: OnRenamed | undefined;
}

export function createDefinitionStore(
  database: Database,
  { onRenamed }: DefinitionStoreOptions = {},
): DefinitionStore {
  return {
    async findByServers(ids) {
      const stored = await readDefinitions(database, ids);
      const definitions = await toDefinitions(stored);
      const byServer = new Map<string, Definition[]>();
      for (const [at, definition] of definitions.entries()) {
        const id = stored[at]?.serverId ?? "";
        const known = byServer.get(id);
        if (known) known.push(definition);
        else byServer.set(id, [definition]);
      }
      return byServer;
    },

    beginSync: (id, options) => beginSync(database, id, options),
    endSync: (turn) => endSync(database, turn),

    async saveSync(id, found, turn) {
      await database.transaction(async (tx) => {
        const server = await lockServer(tx, id);
        if (!server || (turn && !(await writeTurn(tx, turn)))) return;
        const known = (await isAtItsPlace(tx, id, found)) ? await readKinds(tx, id) : new Set();
        const failed = failedLists(found, known);
        await saveState(tx, id, found, failed);
        const kept = failed.map(({ kind }) => kind).filter((kind) => known.has(kind));
        await replaceDefinitions(tx, id, found.definitions, kept);
        await settleSync(tx, id, server.auto_accept, onRenamed);
        await recordChange(tx, serversTopic, id);
      });
    },

    async noteOAuth(id) {
      await database.transaction(async (tx) => {
        const noted = await tx.query(sql`
          update server_states set asks_for_oauth = true
           where server_id = ${id} and not asks_for_oauth returning server_id`);
        if (noted.length > 0) await recordChange(tx, serversTopic, id);
      });
    },

    async noteEras({ id, url }, { foundAt, foundBelow, modern, legacy }) {
      await database.transaction(async (tx) => {
        const noted = await tx.query(sql`
          update server_states state
             set found_at = ${foundAt}, found_below = ${foundBelow ?? null}, modern_hello = ${modern?.helloText ?? null},
                 legacy_hello = ${legacy?.helloText ?? null}, legacy_version = ${legacy?.version ?? null},
                 legacy_transport = ${legacy?.transport ?? null}
            from servers
           where state.server_id = ${id} and servers.id = ${id} and servers.url = ${url}
             and state.found_at is distinct from ${foundAt}
           returning 1`);
        if (noted.length > 0) await recordChange(tx, serversTopic, id);
      });
    },

    async saveFailure(id, error, turn) {
      await database.transaction(async (tx) => {
        if (!(await lockServer(tx, id)) || (turn && !(await writeTurn(tx, turn)))) return;
        await tx.query(sql`
          insert into server_states as state
                 (server_id, attempted_at, error_code, error_message, error_details, asks_for_oauth)
          values (${id}, now(), ${error.code}, ${storable(error.message)}, ${error.details ?? null},
                  ${error.asksForOAuth ?? false})
          on conflict (server_id) do update
            set attempted_at = now(), error_code = excluded.error_code, error_message = excluded.error_message,
                error_details = excluded.error_details, is_outdated = false,
                asks_for_oauth = state.asks_for_oauth or excluded.asks_for_oauth`);
        await recordChange(tx, serversTopic, id);
      });
    },
  };
}

/** PostgreSQL keeps no U+0000, and half a character is none; a server's own words may hold both. */
function storable(text: string): string {
  return text.replaceAll("\0", "\u2400").toWellFormed();
}

/** One sync of a server is written at a time; a server that was removed meanwhile gets none. */
async function lockServer(tx: Queryable, id: string): Promise<{ auto_accept: DefinitionKind[] } | undefined> {
  const [row] = await tx.query<{ auto_accept: DefinitionKind[] }>(
    sql`select auto_accept from servers where id = ${id} for update`,
  );
  return row;
}

/** Whether it was found where it was found before: what another server listed is not its own. */
async function isAtItsPlace(tx: Queryable, id: string, { foundAt }: SyncFindings): Promise<boolean> {
  const [before] = await tx.query<{ found_at: string | null }>(
    sql`select found_at from server_states where server_id = ${id}`,
  );
  return foundAt === undefined || (before?.found_at ?? foundAt) === foundAt;
}

/**
 * A list that the server does not know fails where it gave one before and says still that it has such things: it is in
 * the midst of starting, or broken. Templates are no capability of their own: without a list it has none.
 */
function failedLists(
  { failedLists: failed = [], unknownLists: unknown = [] }: SyncFindings,
  known: ReadonlySet<unknown>,
): readonly FailedList[] {
  const lost = unknown.filter((kind) => kind !== "resource_template" && known.has(kind));
  const told = [
    ...failed,
    ...lost.map((kind) => ({
      kind,
      code: "upstream_invalid",
      message: `The server does not know ${listMethodOf(kind)} any more, and says that it has ${kinds[kind].capability}`,
      details: { rpcCode: rpcCodes.methodNotFound },
    })),
  ];
  return told.map((one) => ({ ...one, message: storable(one.message) }));
}

async function saveState(
  tx: Queryable,
  id: string,
  found: SyncFindings,
  failed: readonly FailedList[],
): Promise<void> {
  const { modern, legacy } = found;
  await tx.query(sql`
    insert into server_states as state
           (server_id, attempted_at, synced_at, latency_ms, skipped, failed_lists, asks_for_oauth,
            found_at, found_below, modern_hello, legacy_hello, legacy_version, legacy_transport)
    values (${id}, now(), now(), ${Math.round(found.latencyMs)}, ${found.skipped}, ${JSON.stringify(failed)}::jsonb, ${found.asksForOAuth ?? false},
            ${found.foundAt ?? null}, ${found.foundBelow ?? null}, ${modern?.helloText ?? null},
            ${legacy?.helloText ?? null}, ${legacy?.version ?? null}, ${legacy?.transport ?? null})
    on conflict (server_id) do update
      set attempted_at = excluded.attempted_at, synced_at = excluded.synced_at, latency_ms = excluded.latency_ms,
          asks_for_oauth = state.asks_for_oauth or excluded.asks_for_oauth,
          skipped = excluded.skipped, failed_lists = excluded.failed_lists, error_code = null, error_message = null,
          error_details = null, is_outdated = false, found_at = excluded.found_at,
          found_below = excluded.found_below, modern_hello = excluded.modern_hello, legacy_hello = excluded.legacy_hello,
          legacy_version = excluded.legacy_version, legacy_transport = excluded.legacy_transport`);
}
