/** The outbox as admins see it, the newest first. */
import { sql, type Queryable } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import type { NoticeChannel, NoticeState, SentNotice } from "../notice.ts";

export interface NoticeFilter {
  readonly state?: NoticeState | undefined;
  readonly channel?: NoticeChannel | undefined;
  /** The id after which the page begins: ids sort by the time they were made. */
  readonly after?: string | undefined;
  readonly limit: number;
}

interface Row {
  id: Id<"notice">;
  kind: string;
  channel: NoticeChannel;
  recipient: string;
  state: NoticeState;
  attempts: number;
  next_at: Date;
  last_error: string | null;
  created_at: Date;
  settled_at: Date | null;
}

export async function pageNotices(
  database: Queryable,
  { state, channel, after, limit }: NoticeFilter,
): Promise<{ items: SentNotice[]; next: string | undefined }> {
  const rows = await database.query<Row>(sql`
    select n.id, n.kind, n.channel, coalesce(w.name, n.recipient) as recipient, n.state, n.attempts, n.next_at,
           n.last_error, n.created_at, n.settled_at
      from notices n left join webhooks w on n.channel = 'webhook' and w.id = n.recipient
     where (${after ?? null}::text is null or n.id < ${after ?? null})
       and (${state ?? null}::text is null or n.state = ${state ?? null})
       and (${channel ?? null}::text is null or n.channel = ${channel ?? null})
     order by n.id desc limit ${limit + 1}`);
  const items = rows.slice(0, limit).map(toSent);
  return { items, next: rows.length > limit ? items.at(-1)?.id : undefined };
}

function toSent(row: Row): SentNotice {
  return {
    id: row.id,
    kind: row.kind,
    channel: row.channel,
    recipient: row.recipient,
    state: row.state,
    attempts: row.attempts,
    nextAt: row.state === "waiting" ? row.next_at : undefined,
    lastError: row.last_error ?? undefined,
    createdAt: row.created_at,
    settledAt: row.settled_at ?? undefined,
  };
}
