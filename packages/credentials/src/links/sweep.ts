/** What time does to requests: they expire, and are forgotten with what was under way for them. */
import { recordChange, sql, type Transaction } from "@castellan/database";
import { linksTopic } from "../link.ts";
import type { Ground } from "./ground.ts";

const maxBatch = 500;
const maxRounds = 20;
/** Long enough to tell whoever comes late what became of it. */
const keptMs = 7 * 24 * 60 * 60 * 1000;

/** Does what is due, a bounded batch at a time. */
export async function sweep(ground: Pick<Ground, "database" | "clock">): Promise<void> {
  for (let round = 0; round < maxRounds; round += 1) {
    const done = await ground.database.transaction((tx) => sweepBatch(tx, ground.clock.now()));
    if (done < maxBatch) return;
  }
}

/** How many of the most numerous kind there were. */
async function sweepBatch(tx: Transaction, nowMs: number): Promise<number> {
  const now = new Date(nowMs);
  const expired = await tx.query<{ id: string }>(sql`
    update link_requests set state = 'expired', settled_at = expires_at
    where id in (
      select id from link_requests where state = 'pending' and expires_at <= ${now}
      limit ${maxBatch} for update skip locked)
    returning id`);
  for (const { id } of expired) await recordChange(tx, linksTopic, id);
  const flows = await tx.query(sql`
    delete from link_flows where id in (
      select id from link_flows where expires_at <= ${now} order by expires_at
      limit ${maxBatch} for update skip locked)
    returning 1`);
  const forgotten = await tx.query(sql`
    delete from link_requests where id in (
      select id from link_requests where asked_at < ${new Date(nowMs - keptMs)} and state <> 'pending'
      order by asked_at limit ${maxBatch} for update skip locked)
    returning 1`);
  return Math.max(expired.length, flows.length, forgotten.length);
}
