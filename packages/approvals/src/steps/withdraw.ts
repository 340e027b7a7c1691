import type { Id } from "@castellan/kernel";
import type { Approval } from "../approval.ts";
import { settledAlready, unknownApproval } from "../faults.ts";
import type { Ground } from "../ground.ts";
import { isLiving } from "../storage/approval-row.ts";
import { holdApproval, saveApproval } from "../storage/approval-table.ts";

/** Whoever asked no longer wants it; also when it was approved and not used. */
export async function withdraw(ground: Ground, id: Id<"approval">, askerId: string): Promise<Approval> {
  return ground.database.transaction(async (tx) => {
    const { approval, nowMs } = await holdApproval(tx, ground, id);
    if (approval.asker.id !== askerId) throw unknownApproval();
    if (!isLiving(approval.state)) throw settledAlready(approval);
    return saveApproval(tx, { ...approval, state: "withdrawn", decidedAt: new Date(nowMs) });
  });
}
