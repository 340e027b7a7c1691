/** What whoever is refused by rules is told: which ones, on which level, and what it was about. */
import type { Fault } from "@castellan/kernel";
import { policyFaults, type Decision, type Level } from "@castellan/policy";

/** Names of rules that allow others, which are for the record and not for whoever is refused. */
const allowingOthers = new WeakMap<Fault, readonly string[]>();

/** `what`: `tools/call of "x"`. */
export function policyDenied({ levels }: Pick<Decision, "levels">, what: string): Fault {
  const refusing = levels.filter(({ outcome }) => outcome === "deny");
  const blocking = refusing.filter(({ rules }) => rules.length > 0);
  const level = (blocking[0] ?? refusing[0])?.level ?? "use";
  const rules = sorted(blocking.flatMap((one) => one.rules));
  const why =
    rules.length > 0
      ? `${named(rules)} ${rules.length === 1 ? "blocks" : "block"} ${what}`
      : `the rules for this ${placeWords[level]} allow ${what} only to others, or at other times or from other places`;
  const fault = policyFaults.fault("policy_denied", `Refused by policy: ${why}`, { data: { level, rules } });
  allowingOthers.set(fault, sorted(refusing.flatMap(({ allowing = [] }) => allowing)));
  return fault;
}

const placeWords: Readonly<Record<Level, string>> = { portal: "portal", server: "server", use: "tool" };

/** Names of the rules that let others do what was refused with `policyDenied`, sorted. */
export function allowingIn(fault: Fault): readonly string[] {
  return allowingOthers.get(fault) ?? [];
}

/** Rules want of a program what only a person can do. */
export function personWanted(
  { rules, level }: { readonly rules: readonly string[]; readonly level: Level },
  what: string,
): Fault {
  const wants = rules.length === 1 ? "wants" : "want";
  return policyFaults.fault(
    "policy_denied",
    `Refused by policy: for ${what} ${named(rules)} ${wants} a person who proves who they are or says what for, and this caller is none`,
    { data: { level, rules } },
  );
}

const maxNamed = 5;

function named(rules: readonly string[]): string {
  const more = rules.length - maxNamed;
  const names = rules.slice(0, maxNamed).join(", ");
  return `${rules.length === 1 ? "rule" : "rules"} ${names}${more > 0 ? ` and ${more} more` : ""}`;
}

function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].toSorted();
}
