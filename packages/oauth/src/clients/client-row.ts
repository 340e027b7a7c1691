/** A client as its row says, with its living secrets. */
import { sql, type Queryable, type SqlStatement } from "@castellan/database";
import type { AuthMethod, Client, ClientGrantType, ClientKind, PublicKeys } from "./client.ts";

export interface ClientRow {
  readonly id: string;
  readonly kind: ClientKind;
  readonly name: string;
  readonly uri: string | null;
  readonly redirect_uris: string[];
  readonly auth_method: AuthMethod;
  readonly grant_types: ClientGrantType[];
  readonly scopes: string[];
  readonly may_introspect: boolean;
  readonly jwks: PublicKeys | null;
  readonly jwks_uri: string | null;
  readonly version: number;
  readonly created_at: Date;
  readonly created_by: string | null;
  readonly updated_at: Date;
  readonly last_used_at: Date | null;
  readonly read_at: Date | null;
  readonly fresh_until: Date | null;
  readonly secrets: readonly { hash: string; created_at: string; expires_at: string | null }[];
}

/** To be followed by a condition on `c`. Secrets that have ended by `now` are not there. */
export function selectClients(now: Date): SqlStatement {
  return sql`
    select c.*, coalesce((select o.scopes from client_scopes o where o.client_id = c.id), '{}') as scopes, coalesce((
      select jsonb_agg(jsonb_build_object('hash', encode(s.hash, 'base64'), 'created_at', s.created_at,
                                          'expires_at', s.expires_at) order by s.expires_at desc nulls first, s.hash)
        from client_secrets s
       where s.client_id = c.id and (s.expires_at is null or s.expires_at > ${now})), '[]') as secrets
      from oauth_clients c`;
}

export async function findClient(from: Queryable, id: string, now: Date): Promise<Client | undefined> {
  const [row] = await from.query<ClientRow>(sql`${selectClients(now)} where c.id = ${id}`);
  return row && toClient(row);
}

export function toClient(row: ClientRow): Client {
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    uri: row.uri ?? undefined,
    redirectUris: row.redirect_uris,
    authMethod: row.auth_method,
    grantTypes: row.grant_types,
    scopes: row.scopes,
    mayIntrospect: row.may_introspect,
    jwks: row.jwks ?? undefined,
    jwksUri: row.jwks_uri ?? undefined,
    secrets: row.secrets.map(({ hash, created_at, expires_at }) => ({
      hash: Buffer.from(hash, "base64").toString("base64url"),
      createdAt: new Date(created_at),
      expiresAt: expires_at === null ? undefined : new Date(expires_at),
    })),
    version: row.version,
    createdAt: row.created_at,
    createdBy: row.created_by ?? undefined,
    updatedAt: row.updated_at,
    lastUsedAt: row.last_used_at ?? undefined,
    readAt: row.read_at ?? undefined,
    freshUntil: row.fresh_until ?? undefined,
  };
}
