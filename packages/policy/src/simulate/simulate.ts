/** Asks two sets of rules about the same calls and counts where they differ. */
import type { Decision } from "../decide/decision.ts";
import type { Judge, Policies } from "../decide/judge.ts";
import type { RecordedUse, SimulatedGroup, SimulationResult } from "./simulation.ts";

// What it holds in memory, however many calls there are; and how many groups are told.
const maxGroupsKept = 10_000;
const maxGroupsTold = 100;

type Counted = { -readonly [Member in keyof SimulatedGroup]: SimulatedGroup[Member] };

/**
 * Goes through the calls once. `before` and `after` are compiled without a moment of their own: each call is judged as of
 * when it took place. What is not known of a call (its arguments) comes to the stricter outcome and is counted in `unsure`.
 */
export async function simulate(
  before: Policies,
  after: Policies,
  calls: AsyncIterable<RecordedUse> | Iterable<RecordedUse>,
): Promise<SimulationResult> {
  const groups = new Map<string, Counted>();
  const counts = { calls: 0, changed: 0, unsure: 0 };
  const outcomes = { before: { allow: 0, ask: 0, deny: 0 }, after: { allow: 0, ask: 0, deny: 0 } };
  for await (const call of calls) {
    const { caller, connection, use } = call;
    const judges = [before.judge(caller, connection), after.judge(caller, connection)] as const;
    const was = judges[0].decide(use);
    const is = judges[1].decide(use);
    const isUnsure = hangsOnUnknown(judges[0], was, call) || hangsOnUnknown(judges[1], is, call);
    counts.calls++;
    outcomes.before[was.outcome]++;
    outcomes.after[is.outcome]++;
    if (isUnsure) counts.unsure++;
    if (was.outcome === is.outcome) continue;
    counts.changed++;
    count(groups, call, was, is, isUnsure);
  }
  const told = [...groups.values()].toSorted((a, b) => b.calls - a.calls).slice(0, maxGroupsTold);
  const inGroups = told.reduce((sum, { calls: of }) => sum + of, 0);
  return { ...counts, ...outcomes, groups: told, notGrouped: counts.changed - inGroups };
}

function hangsOnUnknown(judge: Judge, decision: Decision, { use }: RecordedUse): boolean {
  return decision.outcome !== "allow" && judge.mildest(use) !== decision.outcome;
}

function count(
  groups: Map<string, Counted>,
  call: RecordedUse,
  was: Decision,
  is: Decision,
  isUnsure: boolean,
): void {
  const { kind, id, name } = call.caller;
  const { portal, server, tool, method, nowMs } = call.use;
  const rulesBefore = decidingRules(was);
  const rulesAfter = decidingRules(is);
  const key = JSON.stringify([
    kind,
    id,
    portal,
    server,
    tool,
    method,
    was.outcome,
    is.outcome,
    rulesBefore,
    rulesAfter,
  ]);
  const group = groups.get(key);
  if (group) {
    group.calls++;
    if (isUnsure) group.unsure++;
    group.firstAtMs = Math.min(group.firstAtMs, nowMs);
    group.lastAtMs = Math.max(group.lastAtMs, nowMs);
  } else if (groups.size < maxGroupsKept) {
    groups.set(key, {
      caller: { kind, id, name },
      portal,
      server,
      tool,
      method,
      before: was.outcome,
      after: is.outcome,
      rulesBefore,
      rulesAfter,
      calls: 1,
      unsure: isUnsure ? 1 : 0,
      firstAtMs: nowMs,
      lastAtMs: nowMs,
    });
  }
}

/** Of the levels that came to the outcome. */
function decidingRules({ outcome, levels }: Decision): readonly string[] {
  return levels.flatMap((level) => (level.outcome === outcome ? level.rules : [])).toSorted();
}
