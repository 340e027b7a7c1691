/** How somebody says yes or no. */
import type { Id } from "@castellan/kernel";
import type { Approval, Met, Person } from "../approval.ts";
import { mayDecide, maySee } from "../deciders.ts";
import { approvalFaults, settledAlready, unknownApproval } from "../faults.ts";
import type { Ground } from "../ground.ts";
import { openNeeds } from "../needs.ts";
import { holdApproval, saveApproval } from "../storage/approval-table.ts";
import { tellAsker } from "../telling.ts";
import { saveProgress } from "./progress.ts";
import { personsText } from "./text.ts";

export interface Decision {
  readonly by: Person;
  readonly yes: boolean;
  readonly reason?: string | undefined;
}

export async function decide(ground: Ground, id: Id<"approval">, decision: Decision): Promise<Approval> {
  const { by, yes } = decision;
  const isSilent = decision.reason === undefined || decision.reason.trim() === "";
  const reason = isSilent ? undefined : personsText(decision.reason ?? "", "reason");
  return ground.database.transaction(async (tx) => {
    const { approval, nowMs } = await holdApproval(tx, ground, id);
    assertDecider(by, approval);
    if (approval.state !== "pending") throw settledAlready(approval);
    const at = new Date(nowMs);
    const who = { by: by.id, byName: by.name, at };
    if (!yes) {
      const rejection = { ...who, reason: reason ?? "" };
      const rejected = await saveApproval(tx, { ...approval, state: "rejected", rejection, decidedAt: at });
      await tellAsker(tx, ground, rejected);
      return rejected;
    }
    const theirs = openNeeds(approval).filter(({ need }) => mayDecide(by, need, approval.asker));
    if (theirs.length === 0) throw settledAlready(approval);
    const met = theirs.map(({ index }): Met => ({ ...who, need: index, text: reason }));
    return saveProgress(tx, ground, { after: { ...approval, met: [...approval.met, ...met] }, nowMs });
  });
}

/** Faults: `approval_not_found`, `approval_not_yours`. */
function assertDecider(person: Person, approval: Approval): void {
  if (!maySee(person, approval)) throw unknownApproval();
  if (approval.needs.some((need) => mayDecide(person, need, approval.asker))) return;
  throw approvalFaults.fault("approval_not_yours", "Others decide on what you asked for");
}
