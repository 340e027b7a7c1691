import { isUniqueViolation, recordChange, sql, type Database } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import { isDeepStrictEqual } from "node:util";
import { retireExpired, tokenNameTaken } from "./create-token.ts";
import { lockToken, type TokenActing } from "./lock-token.ts";
import { namedIn } from "./named-in.ts";
import type { HoldNamed, ServiceToken, TokenChange } from "./service-token.ts";
import { parseExpiry, parseTokenName, parseTokenScopes } from "./token-input.ts";
import { tokenColumns, toServiceToken, type TokenRow } from "./token-row.ts";

/**
 * Changes what a living token is called, may do, and how long it is good for; who uses it notices at once.
 * Faults: `invalid_input` (naming the field), `token_not_found`, `token_ended`, `token_name_taken`,
 * `permission_required`, `version_stale`, and what `hold` throws.
 */
export function changeToken(
  database: Database,
  id: Id<"token">,
  change: TokenChange,
  acting: TokenActing & { readonly hold?: HoldNamed | undefined },
): Promise<ServiceToken> {
  const { nowMs, hold } = acting;
  const now = new Date(nowMs);
  const wanted = {
    name: change.name === undefined ? undefined : parseTokenName(change.name),
    scopes: change.scopes || change.portals ? parseTokenScopes(change) : undefined,
    expiresAt: toExpiry(change.expiresAtMs, nowMs),
  };
  const changing = database.transaction(async (tx) => {
    // Portals and servers are locked ahead of tokens, as where they are removed.
    if (wanted.scopes) await hold?.(tx, namedIn(wanted.scopes));
    const row = await lockToken(tx, id, acting);
    const { name = row.name, scopes = row.scopes } = wanted;
    const expiresAt = wanted.expiresAt === undefined ? row.expires_at : wanted.expiresAt;
    if (isDeepStrictEqual([name, scopes, expiresAt], [row.name, row.scopes, row.expires_at]))
      return toServiceToken(row);
    if (name !== row.name) await retireExpired(tx, name, now);
    const [changed] = await tx.query<TokenRow>(sql`
      update tokens set name = ${name}, scopes = ${scopes}, expires_at = ${expiresAt}, version = version + 1
       where id = ${id} returning ${tokenColumns}`);
    await recordChange(tx, "tokens", id);
    return toServiceToken(changed ?? row);
  });
  return changing.catch((error: unknown) => {
    throw isUniqueViolation(error, "tokens_living_name") ? tokenNameTaken() : error;
  });
}

/** Null: it does not expire. Undefined: that stays as it is. */
function toExpiry(expiresAtMs: number | null | undefined, nowMs: number): Date | null | undefined {
  return typeof expiresAtMs === "number" ? new Date(parseExpiry(expiresAtMs, nowMs)) : expiresAtMs;
}
