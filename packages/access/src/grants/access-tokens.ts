/**
 * Access tokens of the authorization server, as the hash of each. One that hangs on a grant ends with it (`end-grants.ts`);
 * a single one that ends before is told to the replicas as topic `access_tokens`, under its hash in base64url.
 */
import { recordChange, sql, type Database, type Queryable } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import type { SecretHash } from "../token-secret.ts";

export const accessTokensTopic = "access_tokens";

export interface AccessToken {
  readonly hash: SecretHash;
  /** Undefined: a client's, for itself. */
  readonly grantId: Id<"grant"> | undefined;
  readonly clientId: string;
  /** Undefined: the API. */
  readonly portal: string | undefined;
  readonly scopes: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** The refresh token that came with it, where that took the place of another. */
  readonly refreshHash: SecretHash | undefined;
}

export async function addAccessToken(database: Queryable, token: AccessToken): Promise<void> {
  await database.query(sql`
    insert into access_tokens
      (hash, grant_id, client_id, portal, scopes, created_at, expires_at, refresh_hash)
    values (${bytes(token.hash)}, ${token.grantId ?? null}, ${token.clientId}, ${token.portal ?? null},
            ${token.scopes}, ${token.createdAt}, ${token.expiresAt},
            ${token.refreshHash === undefined ? null : bytes(token.refreshHash)})`);
}

/** One that has not been revoked; whether it has run out, and whether its grant lives, is for the caller to see. */
export async function findAccessToken(
  database: Queryable,
  hash: SecretHash,
): Promise<AccessToken | undefined> {
  const [row] = await database.query<AccessTokenRow>(sql`
    select grant_id, client_id, portal, scopes, created_at, expires_at, refresh_hash
    from access_tokens where hash = ${bytes(hash)} and revoked_at is null`);
  return (
    row && {
      hash,
      grantId: row.grant_id ?? undefined,
      clientId: row.client_id,
      portal: row.portal ?? undefined,
      scopes: row.scopes,
      createdAt: row.created_at,
      expiresAt: row.expires_at,
      refreshHash: (row.refresh_hash?.toString("base64url") as SecretHash | undefined) ?? undefined,
    }
  );
}

/** Ends one token; its grant lives on. Ending it twice is ending it once. */
export async function revokeAccessToken(database: Database, hash: SecretHash, now: Date): Promise<void> {
  await database.transaction((tx) => revoke(tx, sql`hash = ${bytes(hash)}`, now));
}

/** Ends what came with a refresh token that is void, as part of a transaction. */
export async function revokeAccessTokensOfRefresh(
  tx: Queryable,
  { grantId, refreshHash }: { grantId: string; refreshHash: SecretHash },
  now: Date,
): Promise<void> {
  await revoke(tx, sql`grant_id = ${grantId} and refresh_hash = ${bytes(refreshHash)}`, now);
}

/** Ends what a client got for itself, as part of a transaction; what people gave it stays (`endGrantsOfClient`). */
export async function revokeAccessTokensOfClient(tx: Queryable, clientId: string, now: Date): Promise<void> {
  await revoke(tx, sql`client_id = ${clientId} and grant_id is null`, now);
}

async function revoke(tx: Queryable, which: ReturnType<typeof sql>, now: Date): Promise<void> {
  const ended = await tx.query<{ hash: Buffer }>(sql`
    update access_tokens set revoked_at = ${now} where ${which} and revoked_at is null returning hash`);
  for (const { hash } of ended) await recordChange(tx, accessTokensTopic, hash.toString("base64url"));
}

interface AccessTokenRow {
  readonly grant_id: Id<"grant"> | null;
  readonly client_id: string;
  readonly portal: string | null;
  readonly scopes: string[];
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly refresh_hash: Buffer | null;
}

function bytes(hash: SecretHash): Buffer {
  return Buffer.from(hash, "base64url");
}
