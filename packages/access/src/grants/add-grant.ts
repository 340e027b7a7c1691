import { sql, type Queryable } from "@castellan/database";
import { createId } from "@castellan/kernel";
import type { Grant } from "./grant.ts";
import { grantColumns, toGrant, type GrantRow } from "./grant-row.ts";

export type NewGrant = Omit<Grant, "id" | "lastUsedAt" | "endedAt">;

/** Keeps what a person agreed to. Nobody needs to hear of it: no token hangs on it yet. */
export async function addGrant(database: Queryable, grant: NewGrant): Promise<Grant> {
  const [row] = await database.query<GrantRow>(sql`
    insert into grants
      (id, user_id, client_id, client_name, portal, scopes, sign_in_id, created_at, expires_at)
    values (${createId("grant")}, ${grant.userId}, ${grant.clientId}, ${grant.clientName}, ${grant.portal ?? null},
            ${grant.scopes}, ${grant.signInId}, ${grant.createdAt}, ${grant.expiresAt})
    returning ${grantColumns}`);
  return toGrant(row as GrantRow);
}
