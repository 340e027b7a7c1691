import { sql } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import type { TokenRole } from "./principal.ts";
import type { ServiceToken } from "./service-token.ts";

/** A row of `tokens` as `tokenColumns` selects it: everything but the hash. */
export interface TokenRow {
  readonly id: Id<"token">;
  readonly name: string;
  readonly role: TokenRole;
  readonly portals: string[];
  readonly created_at: Date;
  readonly created_by: string;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
  readonly last_used_at: Date | null;
}

export const tokenColumns = sql`
  tokens.id, tokens.name, tokens.role, tokens.portals, tokens.created_at, tokens.created_by,
  tokens.expires_at, tokens.revoked_at, tokens.last_used_at`;

export function toServiceToken(row: TokenRow): ServiceToken {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    portals: row.portals,
    createdAtMs: row.created_at.getTime(),
    createdBy: row.created_by,
    ...(row.expires_at && { expiresAtMs: row.expires_at.getTime() }),
    ...(row.revoked_at && { revokedAtMs: row.revoked_at.getTime() }),
    ...(row.last_used_at && { lastUsedAtMs: row.last_used_at.getTime() }),
  };
}
