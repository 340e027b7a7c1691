/** The document of a server, as it is kept. */
import type { Id } from "@castellan/kernel";
import type { Summary } from "../threads/messages.ts";

/** What was read from a text that is a document. */
export interface ReadDocument extends Summary {
  readonly text: string;
  /** As whoever serves it said, to be asked whether it is still the same. */
  readonly etag: string | undefined;
}

/** What an admin gives: a text, an address with what was read there, or an address that is read later. */
export type NewDocument =
  | { readonly sourceUrl: undefined; readonly read: ReadDocument }
  | { readonly sourceUrl: string; readonly read: ReadDocument | undefined };

/** Everything but the text. */
export interface KeptDocument extends Omit<ReadDocument, "text" | "digest" | "operations"> {
  readonly serverId: Id<"server">;
  /** Absent: it was given as text. */
  readonly sourceUrl: string | undefined;
  /** Absent: none was fetched yet. */
  readonly digest: string | undefined;
  readonly operations: number | undefined;
  /** Where it said that the API is when an admin last looked at it. */
  readonly knownUrl: string | undefined;
  /** When it was last known to be what its address serves; of a text, when it was given. */
  readonly fetchedAt: Date | undefined;
  readonly attemptedAt: Date | undefined;
  /** In a row, of the last attempts. */
  readonly failures: number;
  /** Why the last attempt failed; the document before it is in use. */
  readonly error: { readonly code: string; readonly message: string } | undefined;
}

export interface DocumentRow {
  server_id: Id<"server">;
  source_url: string | null;
  digest: Buffer | null;
  etag: string | null;
  operations: number | null;
  skipped: string[];
  declared_url: string | null;
  known_url: string | null;
  fetched_at: Date | null;
  attempted_at: Date | null;
  failures: number;
  error_code: string | null;
  error_message: string | null;
}

export function toKept(row: DocumentRow): KeptDocument {
  return {
    serverId: row.server_id,
    sourceUrl: row.source_url ?? undefined,
    digest: row.digest?.toString("hex"),
    etag: row.etag ?? undefined,
    operations: row.operations ?? undefined,
    skipped: row.skipped,
    declaredUrl: row.declared_url ?? undefined,
    knownUrl: row.known_url ?? undefined,
    fetchedAt: row.fetched_at ?? undefined,
    attemptedAt: row.attempted_at ?? undefined,
    failures: row.failures,
    error: row.error_code === null ? undefined : { code: row.error_code, message: row.error_message ?? "" },
  };
}
