import { sql, type Queryable } from "@castellan/database";
import type { Vault } from "@castellan/vault";
import { tryOpenHeaders, type Headers, type HeadersRow } from "./server-headers.ts";

/** The headers of many servers at once, unsealed, by server id; undefined where they cannot be opened. */
export async function readHeaders(
  database: Queryable,
  vault: Vault,
  serverIds: readonly string[],
): Promise<ReadonlyMap<string, Headers | undefined>> {
  const rows = await database.query<Omit<HeadersRow, "header_names">>(
    sql`select id, slug, url, sealed_headers from servers where id = any(${serverIds})`,
  );
  return new Map(rows.map((row) => [row.id, tryOpenHeaders(vault, row)]));
}
