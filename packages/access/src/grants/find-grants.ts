import { sql, type Queryable } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import type { Grant } from "./grant.ts";
import { grantColumns, toGrant, type GrantRow } from "./grant-row.ts";

export interface GrantFilter {
  readonly userId?: Id<"user"> | undefined;
  readonly clientId?: string | undefined;
  /** The slug of the portal that they are for. */
  readonly portal?: string | undefined;
  /** Only those that have neither ended nor run out by this time. Absent: all. */
  readonly livingAt?: Date | undefined;
  /** The id of the last grant on the page before. */
  readonly after?: Id<"grant"> | undefined;
  /** How many at most. */
  readonly limit: number;
}

export async function findGrant(database: Queryable, id: string): Promise<Grant | undefined> {
  const [row] = await database.query<GrantRow>(sql`select ${grantColumns} from grants where id = ${id}`);
  return row && toGrant(row);
}

/** Newest first. */
export async function pageGrants(database: Queryable, filter: GrantFilter): Promise<Grant[]> {
  const { userId = null, clientId = null, portal = null, livingAt = null, after = null, limit } = filter;
  const rows = await database.query<GrantRow>(sql`
    select ${grantColumns} from grants
    where (${userId}::text is null or user_id = ${userId})
      and (${clientId}::text is null or client_id = ${clientId})
      and (${portal}::text is null or portal = ${portal})
      and (${livingAt}::timestamptz is null or (ended_at is null and expires_at > ${livingAt}))
      and (${after}::text is null or id < ${after})
    order by id desc limit ${limit}`);
  return rows.map(toGrant);
}

/** What a person lets a client do at one portal, or (undefined) at the API, now: at most the newest hundred grants. */
export async function livingGrants(
  database: Queryable,
  { userId, clientId, portal }: Pick<Grant, "userId" | "clientId" | "portal">,
  now: Date,
): Promise<Grant[]> {
  const rows = await database.query<GrantRow>(sql`
    select ${grantColumns} from grants
    where user_id = ${userId} and client_id = ${clientId} and portal is not distinct from ${portal ?? null}
      and ended_at is null and expires_at > ${now}
    order by id desc limit 100`);
  return rows.map(toGrant);
}
