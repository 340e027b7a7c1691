/** Living service tokens by the hash of one of their secrets. */
import { prepared, sql, type Queryable } from "@castellan/database";
import { tokenColumns, type TokenRow } from "../tokens/token-row.ts";
import type { SecretHash } from "../token-secret.ts";

/** `ends_at`: when that secret is over, or before that the token. */
export type FoundServiceToken = TokenRow & { readonly ends_at: Date | null };

/** Those that were not revoked. */
export async function findServiceTokens(
  database: Queryable,
  hashes: readonly SecretHash[],
): Promise<Map<SecretHash, FoundServiceToken>> {
  const rows = await database.query<FoundServiceToken & { hash: Buffer }>(
    prepared(
      "access_find_tokens",
      sql`
        select ${tokenColumns}, token_secrets.hash,
               least(tokens.expires_at, token_secrets.expires_at) as ends_at
        from token_secrets join tokens on tokens.id = token_secrets.token_id
        where token_secrets.hash = any (${hashes.map((hash) => Buffer.from(hash, "base64url"))}::bytea[])
          and tokens.revoked_at is null`,
    ),
  );
  return new Map(rows.map((row) => [row.hash.toString("base64url") as SecretHash, row]));
}
