/** Which needs of a request are open, and which of them what was done covers. */
import { isDeepStrictEqual } from "node:util";
import type { Approval, Asker, Met, Need, Person } from "./approval.ts";
import { fits } from "./deciders.ts";

type Progress = Pick<Approval, "needs" | "met">;

/** A need with its place in the list. */
export interface PlacedNeed {
  readonly index: number;
  readonly need: Need;
}

export function openNeeds({ needs, met }: Progress): PlacedNeed[] {
  const done = new Set(met.map(({ need }) => need));
  return needs.flatMap((need, index) => (done.has(index) ? [] : [{ index, need }]));
}

/** Whether these say the same; a member that is absent is one that is undefined. */
export function sameNeeds(some: readonly Need[], others: readonly Need[]): boolean {
  return isDeepStrictEqual(asStored(some), asStored(others));
}

const asStored = (needs: readonly Need[]): unknown => JSON.parse(JSON.stringify(needs));

/** At which moment is judged, and who people are at it. */
export interface Look {
  readonly nowMs: number;
  person(id: string): Promise<Person | undefined>;
}

/** What of a request's progress counts for these needs: at most one `Met` for each, with its place among them. */
export async function stillMet(
  needs: readonly Need[],
  before: Progress & { readonly asker: Asker },
  look: Look,
): Promise<Met[]> {
  const counted: Met[] = [];
  for (const [index, need] of needs.entries()) {
    for (const met of before.met) {
      if (!(await covers({ met, earlier: before.needs[met.need], need, asker: before.asker }, look)))
        continue;
      counted.push({ ...met, need: index });
      break;
    }
  }
  return counted;
}

export interface Covering {
  readonly met: Met;
  /** What it was done for. */
  readonly earlier: Need | undefined;
  /** What is needed now. */
  readonly need: Need;
  readonly asker: Asker;
}

/**
 * Whether what was done for a rule still does for it. Who said yes is looked up: they may have left, or lost the group, or
 * the rule may name others by now. A proof ages.
 */
export async function covers({ met, earlier, need, asker }: Covering, look: Look): Promise<boolean> {
  if (earlier?.kind !== need.kind || earlier.rule !== need.rule) return false;
  if (need.kind === "purpose") return true;
  if (need.kind === "proof") {
    const isSameProof = earlier.kind === "proof" && isDeepStrictEqual(earlier.methods, need.methods);
    return isSameProof && look.nowMs - met.at.getTime() < need.withinSeconds * 1000;
  }
  const decider = await look.person(met.by);
  return decider !== undefined && fits(decider, need.deciders, asker);
}
