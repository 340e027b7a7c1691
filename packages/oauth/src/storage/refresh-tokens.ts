/**
 * Refresh tokens, each good for one successor (RFC 9700 §4.14.2), with room for an answer that got lost:
 *
 *     no successor yet, or none that was used  → a new successor; the unused one is void, and what came with it
 *     a successor was used                     → somebody copied it: the grant ends
 *     the last success was moments ago         → several asked at once: one has won, nothing changes for the others
 *
 * Used is a token that was itself exchanged. A void one is refused and harms nobody: whoever holds it lost a race.
 */
import { endGrant, revokeAccessTokensOfRefresh, type SecretHash } from "@castellan/access";
import { sql, withinTransaction, type Database, type Transaction } from "@castellan/database";
import type { Id } from "@castellan/kernel";

/** Within this time of a success a second use is one of several at once. */
export const parallelMs = 5_000;

export interface RefreshToken {
  readonly grantId: Id<"grant">;
  readonly payload: Readonly<Record<string, unknown>>;
  /** It has been exchanged, or another took its place. */
  readonly isOver: boolean;
}

/** Which exchange of which token this is: its successor is kept only while no later exchange has begun. */
export interface Rotation {
  readonly hash: SecretHash;
  readonly number: number;
}

export type RotationOutcome =
  | { readonly kind: "rotated"; readonly rotation: Rotation }
  | { readonly kind: "parallel" }
  | { readonly kind: "void" }
  /** Used again after its successor: its grant has been ended. */
  | { readonly kind: "copied" };

export async function findRefreshToken(
  database: Database,
  hash: SecretHash,
): Promise<RefreshToken | undefined> {
  const [row] = await database.query<{
    grant_id: Id<"grant">;
    payload: Record<string, unknown>;
    is_over: boolean;
  }>(sql`
    select grant_id, payload, (rotated_at is not null or voided_at is not null) as is_over
    from refresh_tokens where hash = ${bytes(hash)}`);
  return row && { grantId: row.grant_id, payload: row.payload, isOver: row.is_over };
}

/** Exchanges a token: decides by the rule above, in one transaction that holds its row. */
export async function rotate(database: Database, hash: SecretHash, now: Date): Promise<RotationOutcome> {
  return database.transaction(async (tx) => {
    const [token] = await tx.query<TokenRow>(sql`
      select grant_id, rotations, rotated_at, voided_at from refresh_tokens
      where hash = ${bytes(hash)} for update`);
    if (token === undefined || token.voided_at !== null) return { kind: "void" };
    if (token.rotated_at !== null && now.getTime() - token.rotated_at.getTime() < parallelMs)
      return { kind: "parallel" };
    if ((await voidSuccessors(tx, token.grant_id, hash, now)) === "used") {
      await endGrant(withinTransaction(tx, database), token.grant_id, { now });
      return { kind: "copied" };
    }
    await tx.query(sql`
      update refresh_tokens set rotations = rotations + 1, rotated_at = ${now} where hash = ${bytes(hash)}`);
    return { kind: "rotated", rotation: { hash, number: token.rotations + 1 } };
  });
}

export interface NewRefreshToken {
  readonly hash: SecretHash;
  readonly grantId: string;
  readonly payload: object;
  readonly expiresAt: Date;
}

/** The first of its grant. */
export async function addRefreshToken(database: Database, token: NewRefreshToken): Promise<void> {
  await database.query(sql`
    insert into refresh_tokens (hash, grant_id, expires_at, payload)
    values (${bytes(token.hash)}, ${token.grantId}, ${token.expiresAt}, ${token.payload})`);
}

/**
 * A successor. False: another exchange of its predecessor began meanwhile (this replica was slow), and its successor
 * counts. The lock makes the two wait for each other.
 */
export async function addSuccessor(
  database: Database,
  token: NewRefreshToken,
  { hash, number }: Rotation,
): Promise<boolean> {
  const added = await database.query(sql`
    insert into refresh_tokens (hash, grant_id, predecessor_hash, expires_at, payload)
    select ${bytes(token.hash)}, ${token.grantId}, hash, ${token.expiresAt}, ${token.payload}
    from refresh_tokens where hash = ${bytes(hash)} and rotations = ${number} for share
    returning 1`);
  return added.length === 1;
}

async function voidSuccessors(
  tx: Transaction,
  grantId: string,
  hash: SecretHash,
  now: Date,
): Promise<"used" | "unused"> {
  const successors = await tx.query<{ hash: Buffer; rotated_at: Date | null }>(sql`
    select hash, rotated_at from refresh_tokens
    where predecessor_hash = ${bytes(hash)} and voided_at is null for update`);
  if (successors.some(({ rotated_at }) => rotated_at !== null)) return "used";
  for (const successor of successors) {
    await tx.query(sql`update refresh_tokens set voided_at = ${now} where hash = ${successor.hash}`);
    const refreshHash = successor.hash.toString("base64url") as SecretHash;
    await revokeAccessTokensOfRefresh(tx, { grantId, refreshHash }, now);
  }
  return "unused";
}

interface TokenRow {
  readonly grant_id: Id<"grant">;
  readonly rotations: number;
  readonly rotated_at: Date | null;
  readonly voided_at: Date | null;
}

function bytes(hash: SecretHash): Buffer {
  return Buffer.from(hash, "base64url");
}
