/** What the asker does themselves: prove who they are, say what for. */
import type { Id } from "@castellan/kernel";
import type { Approval, Met, Need, Person } from "../approval.ts";
import type { Proof } from "../approvals.ts";
import { maySee } from "../deciders.ts";
import { approvalFaults, settledAlready, unknownApproval } from "../faults.ts";
import type { Ground } from "../ground.ts";
import { openNeeds, type PlacedNeed } from "../needs.ts";
import { proofSuffices } from "../proof.ts";
import { holdApproval } from "../storage/approval-table.ts";
import { saveProgress } from "./progress.ts";
import { personsText } from "./text.ts";

export interface Step {
  readonly by: Person;
  readonly proof?: Proof | undefined;
  readonly purpose?: string | undefined;
}

export async function meet(ground: Ground, id: Id<"approval">, step: Step): Promise<Approval> {
  const { by, proof } = step;
  const purpose = step.purpose === undefined ? undefined : personsText(step.purpose, "purpose");
  return ground.database.transaction(async (tx) => {
    const { approval, nowMs } = await holdApproval(tx, ground, id);
    if (!maySee(by, approval)) throw unknownApproval();
    if (by.id !== approval.asker.id)
      throw approvalFaults.fault("approval_not_yours", "Only who asked can do this");
    if (approval.state !== "pending") throw settledAlready(approval);
    const open = openNeeds(approval);
    const who = { by: by.id, byName: by.name };
    const met: Met[] = [];
    if (proof !== undefined) {
      const wanted = open.filter(isProof);
      const proved = wanted.filter(({ need }) => proofSuffices(need, proof, nowMs));
      if (wanted.length > 0 && proved.length === 0) throw insufficient();
      met.push(...proved.map(({ index }) => ({ ...who, need: index, at: proof.at, text: undefined })));
    }
    if (purpose !== undefined) {
      const wanted = open.filter(({ need }) => need.kind === "purpose");
      met.push(...wanted.map(({ index }) => ({ ...who, need: index, at: new Date(nowMs), text: purpose })));
    }
    if (met.length === 0) throw settledAlready(approval);
    return saveProgress(tx, ground, { after: { ...approval, met: [...approval.met, ...met] }, nowMs });
  });
}

function isProof(placed: PlacedNeed): placed is PlacedNeed & { need: Need & { kind: "proof" } } {
  return placed.need.kind === "proof";
}

function insufficient(): Error {
  return approvalFaults.fault(
    "approval_proof_insufficient",
    "You were not asked for what the rule wants, or too long ago",
  );
}
