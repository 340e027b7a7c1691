import { sql } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import type { Grant } from "./grant.ts";

/** A row of `grants` as `grantColumns` selects it. */
export interface GrantRow {
  readonly id: Id<"grant">;
  readonly user_id: Id<"user">;
  readonly client_id: string;
  readonly client_name: string;
  readonly portal: string | null;
  readonly scopes: string[];
  readonly sign_in_id: Id<"signIn">;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly last_used_at: Date | null;
  readonly ended_at: Date | null;
}

export const grantColumns = sql`
  id, user_id, client_id, client_name, portal, scopes, sign_in_id, created_at, expires_at, last_used_at, ended_at`;

export function toGrant(row: GrantRow): Grant {
  return {
    id: row.id,
    userId: row.user_id,
    clientId: row.client_id,
    clientName: row.client_name,
    portal: row.portal ?? undefined,
    scopes: row.scopes,
    signInId: row.sign_in_id,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at ?? undefined,
    endedAt: row.ended_at ?? undefined,
  };
}
