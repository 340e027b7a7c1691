/** What comes of a request when more of what it needs is done. */
import type { Transaction } from "@castellan/database";
import type { Approval } from "../approval.ts";
import type { Ground } from "../ground.ts";
import { openNeeds } from "../needs.ts";
import { saveApproval } from "../storage/approval-table.ts";
import { tellAsker } from "../telling.ts";

/** A yes in the last minute must be of use to a client that is asked to send its call again. */
const minUsableMs = 60 * 60 * 1000;

/** Writes it down; approved, and told to whoever asked, when nothing is open any more. */
export async function saveProgress(
  tx: Transaction,
  ground: Ground,
  { after, nowMs }: { readonly after: Approval; readonly nowMs: number },
): Promise<Approval> {
  if (openNeeds(after).length > 0) return saveApproval(tx, after);
  const saved = await saveApproval(tx, approved(after, nowMs));
  await tellAsker(tx, ground, saved);
  return saved;
}

/** How long it can be used, and how long what was said may hold, begins now. */
function approved(approval: Approval, nowMs: number): Approval {
  const holdsMs = approval.needs.map((need) => (need.kind === "proof" ? 0 : need.holdsSeconds * 1000));
  const usableMs = Math.max(minUsableMs, ...holdsMs);
  return {
    ...approval,
    state: "approved",
    decidedAt: new Date(nowMs),
    expiresAt: new Date(Math.max(approval.expiresAt.getTime(), nowMs + usableMs)),
  };
}
