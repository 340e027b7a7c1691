/** What is still to be done before a call goes through. */
import type { Principal } from "@castellan/access";
import { proofSuffices, type Need } from "@castellan/approvals";
import type { Fault } from "@castellan/kernel";
import type { Decision, Demand } from "@castellan/policy";
import { personWanted } from "../policy/refusals.ts";

/** As requests for decisions know it; without those that the caller meets already by how they signed in. */
export function needsOf(demands: readonly Demand[], principal: Principal, nowMs: number): readonly Need[] {
  return demands.flatMap((demand): Need[] => {
    const { rule } = demand;
    switch (demand.kind) {
      case "approval":
        return [
          { kind: "decision", rule, deciders: demand.deciders, holdsSeconds: demand.holdsSeconds ?? 0 },
        ];
      case "purpose":
        return [{ kind: "purpose", rule, holdsSeconds: demand.holdsSeconds }];
      case "step_up": {
        const { withinSeconds, methods } = demand;
        return isProved(demand, principal, nowMs) ? [] : [{ kind: "proof", rule, withinSeconds, methods }];
      }
    }
  });
}

function isProved(
  { withinSeconds, methods }: Extract<Demand, { kind: "step_up" }>,
  principal: Principal,
  nowMs: number,
): boolean {
  if (principal.kind !== "user" || principal.provedAtMs === undefined) return false;
  const proof = { at: new Date(principal.provedAtMs), amr: principal.amr };
  return proofSuffices({ withinSeconds, methods }, proof, nowMs);
}

/** Throws `policy_denied` where a program, or nobody in particular, would have to do what only a person can. */
export function assertPerson(
  { needs, levels }: { readonly needs: readonly Need[]; readonly levels: Decision["levels"] },
  { kind }: Principal,
  what: string,
): void {
  if (kind === "user") return;
  const wanting = needs.filter((need) => need.kind !== "decision").map(({ rule }) => rule);
  const rules = [...new Set(wanting)].toSorted();
  if (rules.length === 0) return;
  const widest = levels.find((level) => level.rules.some((rule) => rules.includes(rule)));
  throw personWanted({ rules, level: widest?.level ?? "use" }, what) satisfies Fault;
}
