import { recordChange, sql, type Database } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import { accessFaults } from "../faults.ts";
import { insertSecret } from "./create-token.ts";
import { lockToken, type TokenActing } from "./lock-token.ts";
import type { CreatedToken } from "./service-token.ts";
import { toServiceToken } from "./token-row.ts";

export interface RotatedToken extends CreatedToken {
  /** Until when the secret before is good; absent: it is not any more. */
  readonly previousUntilMs?: number;
}

/**
 * Gives a token another secret; the one before stays good for `overlapMs`, so that whoever uses it has the time to take
 * the new one. While it is, there is no third one: that would end one of them early. With no overlap all older ones end
 * at once, as after a leak.
 * Faults: `token_not_found`, `token_ended`, `token_rotating`, `permission_required`.
 */
export function rotateToken(
  database: Database,
  id: Id<"token">,
  { overlapMs, ...acting }: TokenActing & { readonly overlapMs: number },
): Promise<RotatedToken> {
  const now = new Date(acting.nowMs);
  const until = new Date(acting.nowMs + overlapMs);
  return database.transaction(async (tx) => {
    const row = await lockToken(tx, id, acting);
    await tx.query(sql`delete from token_secrets where token_id = ${id} and expires_at <= ${now}`);
    if (overlapMs > 0) {
      const [previous] = await tx.query<{ expires_at: Date }>(
        sql`select expires_at from token_secrets where token_id = ${id} and expires_at is not null`,
      );
      if (previous) throw rotating(previous.expires_at);
      await tx.query(sql`update token_secrets set expires_at = ${until} where token_id = ${id}`);
    } else await tx.query(sql`delete from token_secrets where token_id = ${id}`);
    const secret = await insertSecret(tx, id, now);
    await recordChange(tx, "tokens", id);
    return { token: toServiceToken(row), secret, ...(overlapMs > 0 && { previousUntilMs: until.getTime() }) };
  });
}

function rotating(until: Date): Error {
  return accessFaults.fault(
    "token_rotating",
    `The secret before is good until ${until.toISOString()}; rotate without an overlap to end it now`,
  );
}
