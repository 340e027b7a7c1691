/** What servers offer, in PostgreSQL: written by a sync, read into the catalog. */
import { recordChange, sql, type Database, type Queryable } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import type { CapabilityKind } from "@castellan/mcp";
import type { ServerState } from "../servers/server.ts";
import { serversTopic } from "../servers/server-store.ts";
import type { Definition } from "./definition.ts";
import {
  beginSync,
  endSync,
  writeTurn,
  type SyncTurn,
  type TakenTurn,
  type TurnOptions,
} from "./sync-turns.ts";

export interface DefinitionStore {
  /** The definitions of these servers, in the order in which each server lists them. */
  findByServers(ids: readonly string[]): Promise<Map<string, Definition[]>>;
  /** Takes a turn at syncing a server; undefined when there is no such server. */
  beginSync(id: Id<"server">, options: TurnOptions): Promise<SyncTurn | TakenTurn | undefined>;
  /**
   * Replaces what the server offers by what a sync found, and ends its turn. Nothing is written when
   * a later turn's end was; without a turn it is written in any case.
   */
  saveSync(id: Id<"server">, found: SyncFindings, turn?: SyncTurn): Promise<void>;
  /** Keeps what an earlier sync found, and says that this one failed. Turns as with `saveSync`. */
  saveFailure(id: Id<"server">, error: { code: string; message: string }, turn?: SyncTurn): Promise<void>;
  /** Ends a turn that came to nothing. */
  endSync(turn: SyncTurn): Promise<void>;
}

export interface SyncFindings {
  readonly definitions: readonly Definition[];
  readonly skipped: readonly string[];
  readonly latencyMs: number;
  readonly modern: ServerState["modern"];
  readonly legacy: ServerState["legacy"];
}

interface DefinitionRow {
  server_id: string;
  kind: CapabilityKind;
  name: string;
  public_name: string;
  definition: string;
}

export function createDefinitionStore(database: Database): DefinitionStore {
  return {
    async findByServers(ids) {
      const rows = await database.query<DefinitionRow>(sql`
        select server_id, kind, name, public_name, definition
          from definitions where server_id = any(${ids}) order by server_id, kind, ordinal`);
      return Map.groupBy(rows.map(toDefinition), (definition) => definition.serverId);
    },

    beginSync: (id, options) => beginSync(database, id, options),
    endSync: (turn) => endSync(database, turn),

    async saveSync(id, found, turn) {
      await database.transaction(async (tx) => {
        if (!(await lockServer(tx, id)) || (turn && !(await writeTurn(tx, turn)))) return;
        await saveState(tx, id, found);
        await tx.query(sql`delete from definitions where server_id = ${id}`);
        await insertDefinitions(tx, id, found.definitions);
        await recordChange(tx, serversTopic, id);
      });
    },

    async saveFailure(id, error, turn) {
      await database.transaction(async (tx) => {
        if (!(await lockServer(tx, id)) || (turn && !(await writeTurn(tx, turn)))) return;
        await tx.query(sql`
          insert into server_states (server_id, attempted_at, error_code, error_message)
          values (${id}, now(), ${error.code}, ${storable(error.message)})
          on conflict (server_id) do update
            set attempted_at = now(), error_code = excluded.error_code, error_message = excluded.error_message`);
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
async function lockServer(tx: Queryable, id: string): Promise<boolean> {
  const rows = await tx.query(sql`select 1 from servers where id = ${id} for update`);
  return rows.length > 0;
}

async function saveState(tx: Queryable, id: string, found: SyncFindings): Promise<void> {
  const { modern, legacy } = found;
  await tx.query(sql`
    insert into server_states (server_id, attempted_at, synced_at, latency_ms, skipped,
                               modern_hello, legacy_hello, legacy_version, legacy_transport)
    values (${id}, now(), now(), ${Math.round(found.latencyMs)}, ${found.skipped}, ${modern?.helloText ?? null},
            ${legacy?.helloText ?? null}, ${legacy?.version ?? null}, ${legacy?.transport ?? null})
    on conflict (server_id) do update
      set attempted_at = excluded.attempted_at, synced_at = excluded.synced_at, latency_ms = excluded.latency_ms,
          skipped = excluded.skipped, error_code = null, error_message = null,
          modern_hello = excluded.modern_hello, legacy_hello = excluded.legacy_hello,
          legacy_version = excluded.legacy_version, legacy_transport = excluded.legacy_transport`);
}

async function insertDefinitions(
  tx: Queryable,
  id: string,
  definitions: readonly Definition[],
): Promise<void> {
  const column = <Key extends keyof Definition>(key: Key) => definitions.map((definition) => definition[key]);
  await tx.query(sql`
    insert into definitions (server_id, kind, name, public_name, ordinal, definition)
    select ${id}, kind, name, public_name, ordinal, definition
      from unnest(${column("kind")}::text[], ${column("name")}::text[], ${column("publicName")}::text[],
                  ${column("text")}::text[])
           with ordinality as found (kind, name, public_name, definition, ordinal)`);
}

function toDefinition(row: DefinitionRow): Definition & { readonly serverId: string } {
  return {
    serverId: row.server_id,
    kind: row.kind,
    name: row.name,
    publicName: row.public_name,
    text: row.definition,
  };
}
