import { sql } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import type { SignInSession } from "./user.ts";

/** A row of `sign_in_sessions` as `sessionColumns` selects it: everything but the hash. */
export interface SessionRow {
  readonly id: Id<"signIn">;
  readonly user_id: Id<"user">;
  readonly provider: string;
  readonly subject: string | null;
  readonly amr: string[];
  readonly authenticated_at: Date;
  readonly created_at: Date;
  readonly last_used_at: Date;
  readonly expires_at: Date;
  readonly ended_at: Date | null;
  readonly address: string;
  readonly user_agent: string;
}

/** Of `sign_in_sessions`, under the name `s`. */
export const sessionColumns = sql`
  s.id, s.user_id, s.provider, s.subject, s.amr, s.authenticated_at, s.created_at, s.last_used_at,
  s.expires_at, s.ended_at, s.address, s.user_agent`;

export function toSession(row: SessionRow): SignInSession {
  return {
    id: row.id,
    userId: row.user_id,
    provider: row.provider,
    subject: row.subject ?? undefined,
    amr: row.amr,
    authenticatedAt: row.authenticated_at,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
    endedAt: row.ended_at ?? undefined,
    address: row.address,
    userAgent: row.user_agent,
  };
}
