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
  readonly provider: string | null;
  readonly amr: string[];
  readonly proved_at: Date | null;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly last_used_at: Date | null;
  readonly ended_at: Date | null;
}

export const grantColumns = sql`
  id, user_id, client_id, client_name, portal, scopes, sign_in_id, provider, amr, proved_at, created_at, expires_at,
  last_used_at, ended_at`;

/**
 * What the provider by which a person signed in when they gave the grant `g` says of them; null without one. They may
 * be several people to it: the one counts as whom they came then.
 */
export const claimsOfGrant = sql`
  (select identities.claims from identities
    where identities.provider = g.provider and identities.subject = g.subject
      and identities.user_id = g.user_id)`;

export function toGrant(row: GrantRow): Grant {
  return {
    id: row.id,
    userId: row.user_id,
    clientId: row.client_id,
    clientName: row.client_name,
    portal: row.portal ?? undefined,
    scopes: row.scopes,
    signInId: row.sign_in_id,
    provider: row.provider ?? undefined,
    amr: row.amr,
    provedAt: row.proved_at ?? undefined,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at ?? undefined,
    endedAt: row.ended_at ?? undefined,
  };
}
