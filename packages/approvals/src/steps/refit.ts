/** A living request under the needs as they are now. */
import type { Transaction } from "@castellan/database";
import type { Approval, Need } from "../approval.ts";
import { personIn, type Ground } from "../ground.ts";
import { openNeeds, sameNeeds, stillMet } from "../needs.ts";
import { saveApproval } from "../storage/approval-table.ts";
import { tellDeciders } from "../telling.ts";
import { saveProgress } from "./progress.ts";

export interface Fitting {
  readonly approval: Approval;
  readonly needs: readonly Need[];
  readonly nowMs: number;
}

/**
 * Judges anew what was done for a request that this transaction holds, and writes it down where that changes anything: what
 * is not covered is open, and told; when all is covered, it is approved.
 */
export async function refit(
  tx: Transaction,
  ground: Ground,
  { approval, needs, nowMs }: Fitting,
): Promise<Approval> {
  const met = await stillMet(needs, approval, { nowMs, person: personIn(tx, ground) });
  const isCovered = met.length === needs.length;
  const wasApproved = approval.state === "approved";
  if (isCovered === wasApproved && met.length === approval.met.length && sameNeeds(needs, approval.needs))
    return approval;
  const now: Approval = { ...approval, needs, met };
  if (isCovered) return wasApproved ? saveApproval(tx, now) : saveProgress(tx, ground, { after: now, nowMs });
  const saved = await saveApproval(tx, { ...now, state: "pending", decidedAt: undefined });
  const open = openNeeds(saved).filter(({ need }) => !wasOpen(approval, need));
  if (open.length > 0) await tellDeciders(tx, ground, { kind: "asked", approval: saved, open });
  return saved;
}

function wasOpen(before: Approval, need: Need): boolean {
  return openNeeds(before).some((open) => sameNeeds([open.need], [need]));
}
