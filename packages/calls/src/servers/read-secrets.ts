import type { AuthSecrets } from "@castellan/credentials";
import { sql, type Queryable } from "@castellan/database";
import type { Vault } from "@castellan/vault";
import { tryOpenHeaders, type Headers, type HeadersRow } from "./server-headers.ts";
import { tryOpenAuth, type AuthRow } from "./server-secrets.ts";

/** What is sealed of a server; undefined what cannot be opened. */
export interface ServerSecrets {
  readonly headers: Headers | undefined;
  readonly authSecrets: AuthSecrets | undefined;
}

/** The headers and secrets of many servers at once, unsealed, by server id. */
export async function readServerSecrets(
  database: Queryable,
  vault: Vault,
  serverIds: readonly string[],
): Promise<ReadonlyMap<string, ServerSecrets>> {
  const rows = await database.query<Omit<HeadersRow, "header_names"> & AuthRow>(
    sql`select id, slug, url, sealed_headers, auth, sealed_auth from servers where id = any(${serverIds})`,
  );
  return new Map(
    rows.map((row) => [
      row.id,
      { headers: tryOpenHeaders(vault, row), authSecrets: tryOpenAuth(vault, row) },
    ]),
  );
}
