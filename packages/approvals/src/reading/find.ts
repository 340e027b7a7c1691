import { sql, type Queryable } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import type { Approval, Person } from "../approval.ts";
import type { SeenApproval } from "../approvals.ts";
import { mayDecide, maySee } from "../deciders.ts";
import { unknownApproval } from "../faults.ts";
import type { Ground } from "../ground.ts";
import { openNeeds } from "../needs.ts";
import { approvalColumns, isLiving, toApproval, type ApprovalRow } from "../storage/approval-row.ts";
import { openArguments } from "../storage/arguments.ts";

export async function find({ database, clock }: Ground, id: Id<"approval">): Promise<Approval | undefined> {
  return (await findAll(database, [id], clock.now()))[0];
}

/** Those of these that there are, in any order. */
export async function findAll(
  queryable: Queryable,
  ids: readonly Id<"approval">[],
  nowMs: number,
): Promise<Approval[]> {
  const rows = await queryable.query<ApprovalRow>(
    sql`select ${approvalColumns} from approvals where id = any(${ids})`,
  );
  return rows.map((row) => toApproval(row, nowMs));
}

export async function living({ database, clock }: Ground, binding: string): Promise<Approval | undefined> {
  const [row] = await database.query<ApprovalRow>(sql`
    select ${approvalColumns} from approvals where binding = ${binding} and state in ('pending', 'approved')`);
  const approval = row && toApproval(row, clock.now());
  return approval && isLiving(approval.state) ? approval : undefined;
}

export async function seenBy(
  { database, vault, clock }: Ground,
  person: Person,
  id: Id<"approval">,
): Promise<SeenApproval> {
  const [row] = await database.query<ApprovalRow & { sealed_arguments: Buffer | null }>(sql`
    select ${approvalColumns}, sealed_arguments from approvals where id = ${id}`);
  const approval = row && toApproval(row, clock.now());
  if (approval === undefined || !maySee(person, approval)) throw unknownApproval();
  const sealed = row?.sealed_arguments ?? undefined;
  return {
    ...approval,
    arguments: sealed && openArguments(vault, id, sealed),
    mayDecide:
      approval.state === "pending" &&
      openNeeds(approval).some(({ need }) => mayDecide(person, need, approval.asker)),
  };
}
