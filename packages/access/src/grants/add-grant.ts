import { sql, type Queryable } from "@castellan/database";
import { createId } from "@castellan/kernel";
import { accessFaults } from "../faults.ts";
import type { Grant } from "./grant.ts";
import { grantColumns, toGrant, type GrantRow } from "./grant-row.ts";

export type NewGrant = Omit<Grant, "id" | "provider" | "amr" | "provedAt" | "lastUsedAt" | "endedAt">;

/**
 * Keeps what a person agreed to, with how they had proved who they are in the session in which they did. Nobody needs to hear of it: no token hangs on it yet. Whoever ends the session in which
 * it is given, or suspends the person, ends it too, or comes first: then it is not given. Throws `sign_in_not_found`.
 */
export async function addGrant(database: Queryable, grant: NewGrant): Promise<Grant> {
  const [row] = await database.query<GrantRow>(sql`
    with held as (
      select sessions.*, users.status from sign_in_sessions as sessions
      join users on users.id = sessions.user_id
      where sessions.id = ${grant.signInId} for share
    )
    insert into grants
      (id, user_id, client_id, client_name, portal, scopes, sign_in_id, provider, subject, amr, proved_at,
       created_at, expires_at)
    select ${createId("grant")}, ${grant.userId}, ${grant.clientId}, ${grant.clientName}, ${grant.portal ?? null},
           ${grant.scopes}, ${grant.signInId}, provider, subject, amr, authenticated_at,
           ${grant.createdAt}, ${grant.expiresAt}
    from held where ended_at is null and status = 'active'
    returning ${grantColumns}`);
  if (!row)
    throw accessFaults.fault("sign_in_not_found", "The session in which this was agreed to has ended");
  return toGrant(row);
}
