/** What time does to requests, on one replica at a time for each: they expire, are reminded of, and are forgotten. */
import { sql, type Transaction } from "@castellan/database";
import type { Ground } from "./ground.ts";
import { openNeeds } from "./needs.ts";
import { approvalColumns, toApproval, type ApprovalRow } from "./storage/approval-row.ts";
import { expire } from "./steps/expire.ts";
import { tellDeciders } from "./telling.ts";

const maxDue = 50;
const maxForgotten = 500;
const keptMs = 90 * 24 * 60 * 60 * 1000;
const maxRounds = 20;

/** Does what is due, a bounded batch at a time. */
export async function sweep(ground: Ground): Promise<void> {
  for (let round = 0; round < maxRounds; round += 1) {
    const due = await ground.database.transaction((tx) => settleDue(tx, ground));
    const forgotten = await forget(ground);
    if (due < maxDue && forgotten < maxForgotten) return;
  }
}

async function settleDue(tx: Transaction, ground: Ground): Promise<number> {
  const nowMs = ground.clock.now();
  const rows = await tx.query<ApprovalRow>(sql`
    select ${approvalColumns} from approvals
    where state in ('pending', 'approved')
      and least(expires_at, coalesce(remind_at, expires_at)) <= ${new Date(nowMs)}
    order by least(expires_at, coalesce(remind_at, expires_at))
    limit ${maxDue} for update skip locked`);
  for (const row of rows) {
    const approval = toApproval(row, nowMs);
    if (approval.state === "expired") {
      await expire(tx, ground, approval);
      continue;
    }
    await tx.query(sql`update approvals set remind_at = null where id = ${row.id}`);
    const isForDeciders = openNeeds(approval).some(({ need }) => need.kind === "decision");
    if (approval.state === "pending" && isForDeciders)
      await tellDeciders(tx, ground, { kind: "reminder", approval });
  }
  return rows.length;
}

/** Nothing that lives is that old: a request waits at most 30 days. */
async function forget({ database, clock }: Ground): Promise<number> {
  const rows = await database.query(sql`
    delete from approvals where id in (
      select id from approvals
      where asked_at < ${new Date(clock.now() - keptMs)} and state not in ('pending', 'approved')
      limit ${maxForgotten} for update skip locked)
    returning 1`);
  return rows.length;
}
