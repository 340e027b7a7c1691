import { recordChange, sql, type Database, type Transaction } from "@castellan/database";
import { createId } from "@castellan/kernel";
import { accessFaults } from "../faults.ts";
import { generateSecret, hashSecret } from "../token-secret.ts";
import { namedIn } from "./named-in.ts";
import type { CreatedToken, HoldNamed, TokenInput } from "./service-token.ts";
import { parseTokenInput, type CheckedToken } from "./token-input.ts";
import { tokenColumns, toServiceToken, type TokenRow } from "./token-row.ts";

/**
 * Makes a token. Its secret is in the answer and nowhere else.
 * Faults: `invalid_input` (naming the field), `token_name_taken`, and what `hold` throws.
 */
export function createToken(
  database: Database,
  input: TokenInput,
  nowMs: number,
  hold?: HoldNamed,
): Promise<CreatedToken> {
  const checked = parseTokenInput(input, nowMs);
  return database.transaction(async (tx) => {
    await hold?.(tx, namedIn(checked.scopes));
    return insertToken(tx, checked, nowMs);
  });
}

/** The same as part of a transaction, for input that was checked. Fault: `token_name_taken`. */
export async function insertToken(
  tx: Transaction,
  input: CheckedToken,
  nowMs: number,
): Promise<CreatedToken> {
  const now = new Date(nowMs);
  await retireExpired(tx, input.name, now);
  const expiresAt = input.expiresAtMs === undefined ? null : new Date(input.expiresAtMs);
  const [row] = await tx.query<TokenRow>(sql`
    insert into tokens (id, name, role, scopes, created_at, created_by, expires_at)
    values (${createId("token")}, ${input.name}, ${input.role}, ${input.scopes}, ${now}, ${input.createdBy},
            ${expiresAt})
    on conflict (name) where revoked_at is null do nothing
    returning ${tokenColumns}`);
  if (!row) throw tokenNameTaken();
  const secret = await insertSecret(tx, row.id, now);
  await recordChange(tx, "tokens", row.id);
  return { token: toServiceToken(row), secret };
}

/** Another secret for a token, good as long as the token is. */
export async function insertSecret(tx: Transaction, tokenId: string, now: Date): Promise<string> {
  const secret = generateSecret("service");
  await tx.query(sql`
    insert into token_secrets (hash, token_id, created_at)
    values (${Buffer.from(hashSecret(secret), "base64url")}, ${tokenId}, ${now})`);
  return secret;
}

/** An expired token is dead and gives up its name. */
export async function retireExpired(tx: Transaction, name: string, now: Date): Promise<void> {
  const retired = await tx.query<{ id: string }>(sql`
    update tokens set revoked_at = ${now}
    where name = ${name} and revoked_at is null and expires_at <= ${now}
    returning id`);
  for (const { id } of retired) await recordChange(tx, "tokens", id);
}

export function tokenNameTaken(): Error {
  return accessFaults.fault("token_name_taken", "A living token has this name already", { field: "name" });
}
