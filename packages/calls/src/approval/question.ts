/** What a caller is told of a request for a decision. */
import type { Approval, Need } from "@castellan/approvals";
import type { ForwardTarget } from "../call.ts";
import { whatOf } from "../policy/words.ts";

/** Under which a modern client answers. */
export const questionKey = "castellan_approval";

const wanted: Readonly<Record<Need["kind"], string>> = {
  decision: "a person has to approve it",
  proof: "you have to prove again who you are",
  purpose: "you have to say what it is for",
};

/** `tools/call of "x" has to wait: a person has to approve it (two-persons).` */
export function waitingWords({ needs }: Pick<Approval, "needs">, target: ForwardTarget): string {
  const kinds = [...new Set(needs.map(({ kind }) => kind))].map((kind) => wanted[kind]);
  const rules = [...new Set(needs.map(({ rule }) => rule))].toSorted();
  return `${whatOf(target)} has to wait: ${kinds.join(", and ")} (${rules.join(", ")}).`;
}
