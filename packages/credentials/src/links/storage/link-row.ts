import { sql, type Queryable } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import { toOwner } from "../../account.ts";
import type { LinkReason, LinkRequest, LinkState } from "../../link.ts";

/** A row of `link_requests` as `linkColumns` selects it. */
export interface LinkRow {
  readonly id: Id<"link">;
  readonly target_id: string;
  readonly owner_id: string;
  readonly person_id: Id<"user">;
  readonly reason: LinkReason;
  readonly scopes: readonly string[];
  readonly client_id: string | null;
  readonly client_name: string | null;
  readonly portal: string | null;
  readonly state: LinkState;
  readonly asked_at: Date;
  readonly expires_at: Date;
}

export const linkColumns = sql`
  id, target_id, owner_id, person_id, reason, scopes, client_id, client_name, portal, state, asked_at, expires_at`;

/** The request as it is at this moment: what is overdue has expired, whether or not somebody wrote it down. */
export function toLink(row: LinkRow, nowMs: number): LinkRequest {
  const isOverdue = row.state === "pending" && row.expires_at.getTime() <= nowMs;
  return {
    id: row.id,
    targetId: row.target_id,
    owner: toOwner(row.owner_id),
    personId: row.person_id,
    reason: row.reason,
    scopes: row.scopes,
    from:
      row.client_name === null
        ? undefined
        : {
            clientId: row.client_id ?? undefined,
            clientName: row.client_name,
            portal: row.portal ?? undefined,
          },
    state: isOverdue ? "expired" : row.state,
    askedAt: row.asked_at,
    expiresAt: row.expires_at,
  };
}

/** Those of these that there are, in any order. */
export async function findLinks(
  queryable: Queryable,
  ids: readonly Id<"link">[],
  nowMs: number,
): Promise<LinkRequest[]> {
  const rows = await queryable.query<LinkRow>(
    sql`select ${linkColumns} from link_requests where id = any(${ids})`,
  );
  return rows.map((row) => toLink(row, nowMs));
}
