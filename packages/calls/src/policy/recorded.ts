/** What rules made of a call, for its record. */
import type { RecordedPolicy } from "@castellan/audit";
import { isFault, type Fault } from "@castellan/kernel";
import type { Decision } from "@castellan/policy";
import { allowingIn } from "./refusals.ts";

/**
 * Undefined where no rule had anything to say. A refusal ends a call before its decision is known to later stages; where no
 * rule blocks, the rules that allow others stand on record.
 */
export function recordedPolicy(
  decision: Decision | undefined,
  fault: Fault | undefined,
): RecordedPolicy | undefined {
  if (isFault(fault, "policy_denied")) {
    const refusing = namesIn(fault.data?.["rules"]);
    return { outcome: "deny", rules: refusing.length > 0 ? refusing : allowingIn(fault) };
  }
  if (!decision || decision.levels.every(({ why }) => why === "inherited")) return undefined;
  const saying = decision.levels.filter(({ outcome }) => outcome === decision.outcome);
  const rules = [...new Set(saying.flatMap((level) => level.rules))].toSorted();
  return { outcome: decision.outcome, rules };
}

function namesIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((name): name is string => typeof name === "string") : [];
}
