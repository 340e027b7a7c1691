/** Living access tokens with whom they are of. */
import { prepared, sql, type Queryable } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import { claimsOfGrant } from "../grants/grant-row.ts";
import type { KeptClaims } from "../issuers/kept-claims.ts";
import type { Directory } from "../people/user.ts";
import type { Role } from "../roles.ts";
import type { SecretHash } from "../token-secret.ts";

export interface FoundAccessToken {
  readonly client_id: string;
  readonly portal: string | null;
  readonly scopes: string[];
  /** When the token is over, or before that its grant. */
  readonly ends_at: Date;
  /** All that follows is null for a token that a client has for itself. */
  readonly grant_id: Id<"grant"> | null;
  readonly grant_used_at: Date | null;
  readonly client_name: string | null;
  readonly user_id: Id<"user"> | null;
  readonly name: string | null;
  readonly email: string | null;
  readonly role: Role | null;
  readonly directory: Directory | null;
  readonly groups: string[];
  readonly provider: string | null;
  readonly amr: string[] | null;
  readonly proved_at: Date | null;
  readonly claims: KeptClaims | null;
}

/** Those that were not revoked, whose grant has not ended, and whose person is not suspended. */
export async function findAccessTokens(
  database: Queryable,
  hashes: readonly SecretHash[],
): Promise<Map<SecretHash, FoundAccessToken>> {
  const rows = await database.query<FoundAccessToken & { hash: Buffer }>(
    prepared(
      "access_find_access_tokens",
      sql`
        select t.hash, t.client_id, t.portal, t.scopes, least(t.expires_at, g.expires_at) as ends_at,
               t.grant_id, g.last_used_at as grant_used_at, g.client_name,
               u.id as user_id, u.name, u.email, u.role, u.directory,
               array(select distinct groups.name collate "C"
                       from memberships join groups on groups.id = memberships.group_id
                      where memberships.user_id = u.id order by 1) as groups,
               g.provider, g.amr, g.proved_at, ${claimsOfGrant} as claims
          from access_tokens t
          left join grants g on g.id = t.grant_id
          left join users u on u.id = g.user_id
         where t.hash = any (${hashes.map((hash) => Buffer.from(hash, "base64url"))}::bytea[])
           and t.revoked_at is null
           and (t.grant_id is null or (g.ended_at is null and u.status = 'active'))`,
    ),
  );
  return new Map(rows.map((row) => [row.hash.toString("base64url") as SecretHash, row]));
}
