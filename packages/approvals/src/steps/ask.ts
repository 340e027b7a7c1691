/** How something is asked: once for each call, however often and on however many replicas it is sent. */
import { sql, type Transaction } from "@castellan/database";
import { createId } from "@castellan/kernel";
import type { Approval, Asker } from "../approval.ts";
import type { NewApproval } from "../approvals.ts";
import { approvalFaults } from "../faults.ts";
import type { Ground } from "../ground.ts";
import { sameNeeds } from "../needs.ts";
import { approvalColumns, isLiving, toApproval, type ApprovalRow } from "../storage/approval-row.ts";
import { insertApproval } from "../storage/approval-table.ts";
import { sealArguments } from "../storage/arguments.ts";
import { tellDeciders } from "../telling.ts";
import { expire } from "./expire.ts";
import { refit } from "./refit.ts";

/** For so long after a no the same call is not asked anew: people who are asked until they say yes decide nothing. */
const noHoldsMs = 10 * 60 * 1000;

/** So long a request that came to nothing keeps its place: asking and taking back would have people told without end. */
const placeHeldMs = 60 * 60 * 1000;

/** How many times as much all of the public together may have waiting as one caller. */
const publicShare = 5;

export async function ask(ground: Ground, asked: NewApproval): Promise<Approval> {
  const id = createId("approval");
  const sealedArguments = sealArguments(ground.vault, id, asked.arguments);
  return ground.database.transaction(async (tx) => {
    await takeTurn(tx, asked.asker);
    const nowMs = ground.clock.now();
    const earlier = await findEarlier(tx, asked.binding, nowMs);
    if (earlier !== undefined) {
      if (earlier.state === "rejected") return earlier;
      if (isLiving(earlier.state)) {
        if (sameNeeds(earlier.needs, asked.needs)) return earlier;
        return refit(tx, ground, { approval: earlier, needs: asked.needs, nowMs });
      }
      // Its place is taken until its end is written down.
      await expire(tx, ground, earlier);
    }
    await assertRoom(tx, ground, asked.asker);
    const approval = await insertApproval(tx, { ...asked, id, sealedArguments, askedAt: new Date(nowMs) });
    await tellDeciders(tx, ground, { kind: "asked", approval });
    return approval;
  });
}

/** One caller's questions are put one after the other: so each is found by the next, and none is too many. */
async function takeTurn(tx: Transaction, asker: Asker): Promise<void> {
  await tx.query(
    sql`select pg_advisory_xact_lock(hashtextextended(${`approvals ${allotmentOf(asker)}`}, 0))`,
  );
}

/** Those who come without a token share one allotment: addresses are cheap. */
function allotmentOf({ kind, id }: Asker): string {
  return kind === "public" ? "public:" : id;
}

/** The living one, also where it is overdue and nobody wrote it down, or one that was rejected just now. */
async function findEarlier(tx: Transaction, binding: string, nowMs: number): Promise<Approval | undefined> {
  const [row] = await tx.query<ApprovalRow>(sql`
    select ${approvalColumns} from approvals
    where binding = ${binding}
      and (state in ('pending', 'approved')
           or state = 'rejected' and decided_at > ${new Date(nowMs - noHoldsMs)})
    order by id desc limit 1 for update`);
  return row && toApproval(row, nowMs);
}

/** As many as may wait may have come to nothing lately, each by itself. What was agreed to does not count. */
async function assertRoom(tx: Transaction, { clock, maxPending }: Ground, asker: Asker): Promise<void> {
  const isPublic = asker.kind === "public";
  const most = isPublic ? maxPending * publicShare : maxPending;
  const of = isPublic ? sql`asker_id like 'public:%'` : sql`asker_id = ${asker.id}`;
  const now = new Date(clock.now());
  const since = new Date(clock.now() - placeHeldMs);
  const [row] = await tx.query<{ waiting: number; vain: number }>(sql`
    select
      (select count(*)::int from (
        select 1 from approvals
        where state = 'pending' and expires_at > ${now} and ${of} limit ${most}) as found) as waiting,
      (select count(*)::int from (
        select 1 from approvals
        where state in ('rejected', 'withdrawn', 'expired') and decided_at > ${since} and ${of}
        limit ${most}) as found) as vain`);
  const limited = (message: string) =>
    approvalFaults.fault("approvals_limited", message, { data: { maxPending: most } });
  if (row !== undefined && row.waiting >= most) throw limited(`There are ${most} requests waiting already`);
  if (row !== undefined && row.vain >= most)
    throw limited(`${most} requests of the last hour came to nothing: wait`);
}
