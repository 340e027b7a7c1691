/** The moment of execution: who said yes is looked at once more, and the request is used up. */
import type { Id } from "@castellan/kernel";
import type { Approval, Need } from "../approval.ts";
import { unknownApproval } from "../faults.ts";
import type { Ground } from "../ground.ts";
import { isLiving } from "../storage/approval-row.ts";
import { holdApproval, saveApproval } from "../storage/approval-table.ts";
import { refit } from "./refit.ts";

export interface Execution {
  readonly binding: string;
  /** What is needed now. */
  readonly needs: readonly Need[];
}

export async function use(
  ground: Ground,
  id: Id<"approval">,
  { binding, needs }: Execution,
): Promise<"used" | Approval> {
  return ground.database.transaction(async (tx) => {
    const { approval, nowMs, ...held } = await holdApproval(tx, ground, id);
    if (held.binding !== binding) throw unknownApproval();
    if (!isLiving(approval.state)) return approval;
    const now = await refit(tx, ground, { approval, needs, nowMs });
    if (now.state !== "approved") return now;
    await saveApproval(tx, { ...now, state: "used", usedAt: new Date(nowMs) });
    return "used";
  });
}
