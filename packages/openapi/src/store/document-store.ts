/** API documents in PostgreSQL. Every change of one wakes the replicas through the change log. */
import { recordChange, sql, type Database, type Queryable } from "@castellan/database";
import type { Clock, Id } from "@castellan/kernel";
import {
  toKept,
  type DocumentRow,
  type KeptDocument,
  type NewDocument,
  type ReadDocument,
} from "./document.ts";

/** The topic of the change log under which documents are told; keys are server ids. */
export const documentsTopic = "api_documents";

/** What is to be fetched, and until when it is this replica's to do. */
export interface DueDocument {
  readonly serverId: Id<"server">;
  readonly sourceUrl: string;
  /** Of the text that is kept. */
  readonly etag: string | undefined;
  readonly digest: string | undefined;
  /** In a row, until now. */
  readonly failures: number;
}

export interface DocumentStore {
  /**
   * What an admin gives in the place of what is there, with the transaction that writes the server. Resolves to whether it is
   * another document, or from another place, than before.
   */
  put(tx: Queryable, serverId: Id<"server">, given: NewDocument): Promise<boolean>;
  find(serverId: string): Promise<KeptDocument | undefined>;
  /** By server id. */
  findAll(): Promise<ReadonlyMap<string, KeptDocument>>;
  /** Of the text; undefined: there is none yet, or no such server. */
  digestOf(serverId: string): Promise<string | undefined>;
  /** The text, with its digest; undefined: there is none yet, or no such server. */
  textOf(serverId: string): Promise<Pick<ReadDocument, "text" | "digest"> | undefined>;
  /** Takes those whose time has come, or this one, unless another replica is at it, for `leaseMs`. */
  take(which: TakeDocuments): Promise<readonly DueDocument[]>;
  /** What was fetched. Resolves to whether the document is another one now; false as well where an admin was faster. */
  saveFetched(due: DueDocument, read: ReadDocument, nextMs: number): Promise<boolean>;
  /** It is still what is kept. */
  saveSame(due: DueDocument, nextMs: number): Promise<void>;
  saveFailure(due: DueDocument, error: { code: string; message: string }, nextMs: number): Promise<void>;
}

export interface TakeDocuments {
  readonly serverId?: string | undefined;
  readonly leaseMs: number;
  readonly limit: number;
}

/** Of a database, which may be a transaction. */
export function createDocumentStore(database: Database, clock: Clock): DocumentStore {
  const now = () => new Date(clock.now());
  const inMs = (ms: number) => new Date(clock.now() + ms);

  return {
    async put(tx, serverId, { sourceUrl, read }) {
      const [before] = await tx.query<Pick<DocumentRow, "digest" | "source_url">>(
        sql`select source_url, digest from api_documents where server_id = ${serverId} for update`,
      );
      const fetchedAt = read ? now() : null;
      await tx.query(sql`
        insert into api_documents
               (server_id, source_url, text, digest, etag, operations, skipped, declared_url, known_url,
                fetched_at, attempted_at, due_at)
        values (${serverId}, ${sourceUrl ?? null}, ${read?.text ?? null}, ${digestOf(read)}, ${read?.etag ?? null},
                ${read?.operations ?? null}, ${JSON.stringify(read?.skipped ?? [])}::json,
                ${read?.declaredUrl ?? null}, ${read?.declaredUrl ?? null}, ${fetchedAt}, ${fetchedAt},
                ${sourceUrl === undefined ? null : read ? inMs(dayMs) : now()})
        on conflict (server_id) do update
           set source_url = excluded.source_url,
               text = excluded.text, digest = excluded.digest, etag = excluded.etag,
               operations = excluded.operations, skipped = excluded.skipped,
               declared_url = excluded.declared_url, known_url = excluded.known_url,
               fetched_at = excluded.fetched_at, attempted_at = excluded.attempted_at, due_at = excluded.due_at,
               failures = 0, error_code = null, error_message = null`);
      await recordChange(tx, documentsTopic, serverId);
      return (
        before?.digest?.toString("hex") !== read?.digest || (before?.source_url ?? undefined) !== sourceUrl
      );
    },

    async find(serverId) {
      const [row] = await database.query<DocumentRow>(sql`${selectDocuments} where server_id = ${serverId}`);
      return row && toKept(row);
    },

    async findAll() {
      const rows = await database.query<DocumentRow>(selectDocuments);
      return new Map(rows.map((row) => [row.server_id, toKept(row)]));
    },

    async digestOf(serverId) {
      const [row] = await database.query<Pick<DocumentRow, "digest">>(
        sql`select digest from api_documents where server_id = ${serverId}`,
      );
      return row?.digest?.toString("hex");
    },

    async textOf(serverId) {
      const [row] = await database.query<{ text: string; digest: Buffer }>(
        sql`select text, digest from api_documents where server_id = ${serverId} and text is not null`,
      );
      return row && { text: row.text, digest: row.digest.toString("hex") };
    },

    async take({ serverId, leaseMs, limit }) {
      const rows = await database.query<DocumentRow>(sql`
        update api_documents set due_at = ${inMs(leaseMs)}
         where server_id in (
           select server_id from api_documents
            where due_at is not null
              and (due_at <= ${now()} or server_id = ${serverId ?? null})
              and (${serverId ?? null}::text is null or server_id = ${serverId ?? null})
            order by due_at limit ${limit} for update skip locked)
        returning *`);
      return rows.map((row) => ({ ...toKept(row), sourceUrl: row.source_url ?? "" }));
    },

    saveFetched: (due, read, nextMs) =>
      database.transaction(async (tx) => {
        const [saved] = await tx.query(sql`
          update api_documents
             set text = ${read.text}, digest = ${digestOf(read)}, etag = ${read.etag ?? null},
                 operations = ${read.operations}, skipped = ${JSON.stringify(read.skipped)}::json,
                 declared_url = ${read.declaredUrl ?? null},
                 -- The first that is fetched is the one that an admin wanted.
                 known_url = case when text is null then ${read.declaredUrl ?? null} else known_url end,
                 fetched_at = ${now()}, attempted_at = ${now()}, due_at = ${inMs(nextMs)},
                 failures = 0, error_code = null, error_message = null
           where ${isStill(due)} returning server_id`);
        if (saved === undefined) return false;
        await recordChange(tx, documentsTopic, due.serverId);
        return read.digest !== due.digest;
      }),

    async saveSame(due, nextMs) {
      await database.query(sql`
        update api_documents
           set fetched_at = ${now()}, attempted_at = ${now()}, due_at = ${inMs(nextMs)},
               failures = 0, error_code = null, error_message = null
         where ${isStill(due)}`);
    },

    async saveFailure(due, { code, message }, nextMs) {
      await database.query(sql`
        update api_documents
           set attempted_at = ${now()}, due_at = ${inMs(nextMs)}, failures = failures + 1,
               error_code = ${code}, error_message = ${message}
         where ${isStill(due)}`);
    },
  };
}

/** How long what was fetched is taken for what is there. */
export const dayMs = 86_400_000;

/** Everything but the text, which may be megabytes. */
const selectDocuments = sql`
  select server_id, source_url, digest, etag, operations, skipped, declared_url, known_url,
         fetched_at, attempted_at, failures, error_code, error_message
    from api_documents`;

/** Nobody has put another in its place since it was taken. */
function isStill({ serverId, sourceUrl, digest }: DueDocument) {
  return sql`server_id = ${serverId} and source_url = ${sourceUrl}
         and digest is not distinct from ${digest === undefined ? null : Buffer.from(digest, "hex")}`;
}

function digestOf(read: ReadDocument | undefined): Buffer | null {
  return read ? Buffer.from(read.digest, "hex") : null;
}
