/** What servers offer, in PostgreSQL: written by a sync, read into the catalog. */
import { recordChange, sql, type Database, type Queryable } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import type { ServerState, SyncError } from "../servers/server.ts";
import { serversTopic } from "../servers/server-store.ts";
import { toDefinitions } from "../reviews/decision.ts";
import type { OnRenamed } from "../reviews/renames.ts";
import { settleSync } from "../reviews/settle.ts";
import type { Definition, DefinitionKind, FoundDefinition } from "./definition.ts";
import { readDefinitions, replaceDefinitions } from "./stored-definitions.ts";
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
   * Replaces what the server offers by what a sync found, accepts of it what the server's setting accepts, and
   * ends its turn. Nothing is written when a later turn's end was; without a turn it is written in any case.
   */
  saveSync(id: Id<"server">, found: SyncFindings, turn?: SyncTurn): Promise<void>;
  /** Keeps what an earlier sync found, and says that this one failed. Turns as with `saveSync`. */
  saveFailure(id: Id<"server">, error: SyncError, turn?: SyncTurn): Promise<void>;
  /** Ends a turn that came to nothing. */
  endSync(turn: SyncTurn): Promise<void>;
}

export interface SyncFindings {
  readonly definitions: readonly FoundDefinition[];
  readonly skipped: readonly string[];
  readonly latencyMs: number;
  readonly foundBelow?: ServerState["foundBelow"];
  readonly modern: ServerState["modern"];
  readonly legacy: ServerState["legacy"];
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
        await saveState(tx, id, found);
        await replaceDefinitions(tx, id, found.definitions);
        await settleSync(tx, id, server.auto_accept, onRenamed);
        await recordChange(tx, serversTopic, id);
      });
    },

    async saveFailure(id, error, turn) {
      await database.transaction(async (tx) => {
        if (!(await lockServer(tx, id)) || (turn && !(await writeTurn(tx, turn)))) return;
        await tx.query(sql`
          insert into server_states (server_id, attempted_at, error_code, error_message, error_details)
          values (${id}, now(), ${error.code}, ${storable(error.message)}, ${error.details ?? null})
          on conflict (server_id) do update
            set attempted_at = now(), error_code = excluded.error_code, error_message = excluded.error_message,
                error_details = excluded.error_details, is_outdated = false`);
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

async function saveState(tx: Queryable, id: string, found: SyncFindings): Promise<void> {
  const { modern, legacy } = found;
  await tx.query(sql`
    insert into server_states (server_id, attempted_at, synced_at, latency_ms, skipped,
                               found_below, modern_hello, legacy_hello, legacy_version, legacy_transport)
    values (${id}, now(), now(), ${Math.round(found.latencyMs)}, ${found.skipped},
            ${found.foundBelow ?? null}, ${modern?.helloText ?? null},
            ${legacy?.helloText ?? null}, ${legacy?.version ?? null}, ${legacy?.transport ?? null})
    on conflict (server_id) do update
      set attempted_at = excluded.attempted_at, synced_at = excluded.synced_at, latency_ms = excluded.latency_ms,
          skipped = excluded.skipped, error_code = null, error_message = null,
          error_details = null, is_outdated = false, found_below = excluded.found_below,
          modern_hello = excluded.modern_hello, legacy_hello = excluded.legacy_hello,
          legacy_version = excluded.legacy_version, legacy_transport = excluded.legacy_transport`);
}
