import { sql } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import type { Role } from "../roles.ts";
import type { ServiceToken } from "./service-token.ts";

/** A row of `tokens` as `tokenColumns` selects it: everything but the hashes of its secrets. */
export interface TokenRow {
  readonly id: Id<"token">;
  readonly name: string;
  readonly role: Role;
  readonly scopes: string[];
  readonly version: number;
  readonly created_at: Date;
  readonly created_by: string;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
  readonly last_used_at: Date | null;
}

export const tokenColumns = sql`
  tokens.id, tokens.name, tokens.role, tokens.scopes, tokens.version, tokens.created_at, tokens.created_by,
  tokens.expires_at, tokens.revoked_at, tokens.last_used_at`;

export function toServiceToken(row: TokenRow): ServiceToken {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    scopes: row.scopes,
    version: row.version,
    createdAtMs: row.created_at.getTime(),
    createdBy: row.created_by,
    ...(row.expires_at && { expiresAtMs: row.expires_at.getTime() }),
    ...(row.revoked_at && { revokedAtMs: row.revoked_at.getTime() }),
    ...(row.last_used_at && { lastUsedAtMs: row.last_used_at.getTime() }),
  };
}
