/** How requests are written: each step by one transaction that holds the row, and told to the replicas. */
import { recordChange, sql, type Queryable } from "@castellan/database";
import type { Clock, Id } from "@castellan/kernel";
import type { Approval } from "../approval.ts";
import type { NewApproval } from "../approvals.ts";
import { deciderKeys } from "../deciders.ts";
import { unknownApproval } from "../faults.ts";
import { openNeeds } from "../needs.ts";
import { approvalColumns, toApproval, type ApprovalRow } from "./approval-row.ts";

export const approvalsTopic = "approvals";

/** A request that this transaction holds, as it is at the moment at which it got hold of it. */
export interface HeldApproval {
  readonly approval: Approval;
  readonly binding: string;
  readonly nowMs: number;
}

/** Fault: `approval_not_found`. */
export async function holdApproval(
  tx: Queryable,
  { clock }: { readonly clock: Clock },
  id: Id<"approval">,
): Promise<HeldApproval> {
  const [row] = await tx.query<ApprovalRow & { binding: string }>(
    sql`select ${approvalColumns}, binding from approvals where id = ${id} for update`,
  );
  if (!row) throw unknownApproval();
  const nowMs = clock.now();
  return { approval: toApproval(row, nowMs), binding: row.binding, nowMs };
}

export interface InsertedApproval extends NewApproval {
  readonly id: Id<"approval">;
  readonly sealedArguments: Buffer;
  readonly askedAt: Date;
}

export async function insertApproval(tx: Queryable, asked: InsertedApproval): Promise<Approval> {
  const { asker } = asked;
  const keys = deciderKeys(asked.needs, asker);
  const [row] = await tx.query<ApprovalRow>(sql`
    insert into approvals (id, kind, state, asker, asker_id, asker_email, subject, binding, holds_for, needs, seen_by, waits_for,
                           sealed_arguments, asked_at, expires_at, remind_at)
    values (${asked.id}, ${asked.kind}, 'pending', ${JSON.stringify(asker)}, ${asker.id}, ${asker.email ?? null},
            ${JSON.stringify(asked.subject)}, ${asked.binding}, ${asked.holdsFor}, ${JSON.stringify(asked.needs)},
            ${keys}, ${keys}, ${asked.sealedArguments}, ${asked.askedAt}, ${asked.expiresAt}, ${asked.remindAt ?? null})
    returning ${approvalColumns}`);
  await recordChange(tx, approvalsTopic, asked.id);
  return toApproval(row as ApprovalRow, asked.askedAt.getTime());
}

/** Writes what became of a request that this transaction holds. Its version grows. */
export async function saveApproval(tx: Queryable, after: Approval): Promise<Approval> {
  const { id, needs, asker, rejection, decidedAt, usedAt } = after;
  await tx.query(sql`
    update approvals
    set state = ${after.state}, needs = ${JSON.stringify(needs)}, met = ${JSON.stringify(after.met)},
        rejection = ${rejection === undefined ? null : JSON.stringify(rejection)},
        seen_by = ${deciderKeys(needs, asker)},
        waits_for = ${deciderKeys(
          openNeeds(after).map(({ need }) => need),
          asker,
        )},
        expires_at = ${after.expiresAt}, decided_at = ${decidedAt ?? null}, used_at = ${usedAt ?? null},
        version = version + 1
    where id = ${id}`);
  await recordChange(tx, approvalsTopic, id);
  return { ...after, version: after.version + 1 };
}

/** Writes down what every reader saw by the clock already: nothing of it changes, so neither does its version. */
export async function writeExpired(tx: Queryable, { id, decidedAt }: Approval): Promise<void> {
  await tx.query(sql`
    update approvals set state = 'expired', decided_at = ${decidedAt ?? null}, waits_for = '{}' where id = ${id}`);
  await recordChange(tx, approvalsTopic, id);
}
