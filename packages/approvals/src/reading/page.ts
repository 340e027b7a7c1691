/** Lists of requests, newest first. Ids sort by the time they were made. */
import { sql, type SqlStatement } from "@castellan/database";
import type { Approval, ApprovalState, Person } from "../approval.ts";
import type { ApprovalFilter } from "../approvals.ts";
import { keysOf, selfKey } from "../deciders.ts";
import type { Ground } from "../ground.ts";
import { approvalColumns, toApproval, type ApprovalRow } from "../storage/approval-row.ts";

export async function page({ database, clock }: Ground, filter: ApprovalFilter): Promise<Approval[]> {
  const { state, askerId, visibleTo, decidableBy, after, limit } = filter;
  const nowMs = clock.now();
  const rows = await database.query<ApprovalRow>(sql`
    select ${approvalColumns} from approvals
    where true
      ${state === undefined ? sql`` : sql`and ${isIn(state, new Date(nowMs))}`}
      ${askerId === undefined ? sql`` : sql`and asker_id = ${askerId}`}
      ${visibleTo === undefined ? sql`` : sql`and (asker_id = ${visibleTo.id} or ${decides(visibleTo, sql`seen_by`)})`}
      ${
        decidableBy === undefined
          ? sql``
          : sql`and ${isIn("pending", new Date(nowMs))} and ${decides(decidableBy, sql`waits_for`)}`
      }
      ${after === undefined ? sql`` : sql`and id < ${after}`}
    order by id desc limit ${limit}`);
  return rows.map((row) => toApproval(row, nowMs));
}

/** What is overdue has expired, as in `toApproval`. */
function isIn(state: ApprovalState, now: Date): SqlStatement {
  if (state === "expired")
    return sql`(state = 'expired' or state in ('pending', 'approved') and expires_at <= ${now})`;
  if (state === "pending" || state === "approved") return sql`(state = ${state} and expires_at > ${now})`;
  return sql`state = ${state}`;
}

/** The same as `mayDecide` says, of the keys that were written. */
function decides(person: Person, keys: SqlStatement): SqlStatement {
  const { id, email } = person;
  return sql`
    (${keys} && array[${selfKey(id)}] or
     ${keys} && ${keysOf(person)}::text[] and asker_id <> ${id} and asker_email is distinct from ${email})`;
}
