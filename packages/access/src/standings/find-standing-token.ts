/** What is left of a standing, as a token made of it at this moment would be known. */
import { prepared, sql, type Queryable } from "@castellan/database";
import type { FoundAccessToken } from "../authenticator/find-access-tokens.ts";
import type { FoundServiceToken } from "../authenticator/find-service-tokens.ts";
import { ofAccessToken, ofServiceToken, type KnownToken } from "../authenticator/known-token.ts";
import { claimsOfGrant } from "../grants/grant-row.ts";
import type { SecretHash } from "../token-secret.ts";
import { tokenColumns } from "../tokens/token-row.ts";
import type { Standing } from "./standing.ts";

/**
 * Null: revoked, ended, suspended, gone, or of a secret that is good no more. One that has run out is found until it is swept:
 * `expiresAtMs` tells.
 */
export async function findStandingToken(
  database: Queryable,
  { kind, id, scopes, sinceMs }: Standing,
  key: SecretHash,
): Promise<KnownToken | null> {
  const within = <Row extends { readonly scopes: readonly string[] }>(row: Row) => ({
    ...row,
    scopes: row.scopes.filter((scope) => scopes.includes(scope)),
  });
  if (kind === "token") {
    const [row] = await database.query<FoundServiceToken>(ofToken(id, sinceMs));
    return row ? ofServiceToken(within(row)) : null;
  }
  const [row] = await database.query<FoundAccessToken>(kind === "grant" ? ofGrant(id) : ofClient(id));
  const token = row ? ofAccessToken(within(row), key) : null;
  // For all portals at once: into which one it may come, its scopes say.
  return token && kind === "client" ? { ...token, goodAt: "anywhere" } : token;
}

/** As long as one of the secrets that there were lives: they are ended at once where one of them has leaked. */
function ofToken(id: string, sinceMs: number) {
  return prepared(
    "access_standing_token",
    sql`
      select ${tokenColumns}, least(tokens.expires_at, nullif(secret.ends_at, 'infinity')) as ends_at
        from tokens,
             lateral (select max(coalesce(expires_at, 'infinity')) as ends_at from token_secrets
                       where token_id = tokens.id and created_at <= ${new Date(sinceMs)}) as secret
       where tokens.id = ${id} and tokens.revoked_at is null and secret.ends_at is not null`,
  );
}

function ofGrant(id: string) {
  return prepared(
    "access_standing_grant",
    sql`
      select g.client_id, g.portal, g.scopes, g.expires_at as ends_at, g.id as grant_id,
             g.last_used_at as grant_used_at, g.client_name,
             u.id as user_id, u.name, u.email, u.role, u.directory,
             array(select distinct groups.name collate "C"
                     from memberships join groups on groups.id = memberships.group_id
                    where memberships.user_id = u.id order by 1) as groups,
             g.provider, g.amr, g.proved_at, ${claimsOfGrant} as claims
        from grants g join users u on u.id = g.user_id
       where g.id = ${id} and g.ended_at is null and u.status = 'active'`,
  );
}

/** What a client may do for itself has no end of its own. */
function ofClient(id: string) {
  return prepared(
    "access_standing_client",
    sql`
      select client_id, null as portal, scopes, timestamptz '9999-01-01' as ends_at, null as grant_id, null as user_id
        from client_scopes where client_id = ${id}`,
  );
}
