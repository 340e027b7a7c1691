/** What whoever is refused by rules is told: which ones, on which level, and what it was about. */
import type { Fault } from "@castellan/kernel";
import { policyFaults, type Decision, type Level } from "@castellan/policy";

/** `what`: `tools/call of "x"`. */
export function policyDenied({ levels }: Pick<Decision, "levels">, what: string): Fault {
  const refusing = levels.filter(({ outcome }) => outcome === "deny");
  const [widest] = refusing;
  const level = widest?.level ?? "use";
  const rules = [...new Set(refusing.flatMap((one) => one.rules))].toSorted();
  const why =
    rules.length > 0
      ? `${named(rules)} ${rules.length === 1 ? "blocks" : "block"} ${what}`
      : `what rules say of ${placeWords[level]} allows ${what} to others, or at other times or places`;
  return policyFaults.fault("policy_denied", `Refused by policy: ${why}`, { data: { level, rules } });
}

const placeWords: Readonly<Record<Level, string>> = {
  portal: "the portal",
  server: "the server",
  use: "the tool or its class",
};

/** Rules want of a program what only a person can do. */
export function personWanted(rules: readonly string[], what: string): Fault {
  const wants = rules.length === 1 ? "wants" : "want";
  return policyFaults.fault(
    "policy_denied",
    `Refused by policy: for ${what} ${named(rules)} ${wants} a person who proves who they are or says what for, and this caller is none`,
    { data: { level: "use", rules } },
  );
}

const maxNamed = 5;

function named(rules: readonly string[]): string {
  const more = rules.length - maxNamed;
  const names = rules.slice(0, maxNamed).join(", ");
  return `${rules.length === 1 ? "rule" : "rules"} ${names}${more > 0 ? ` and ${more} more` : ""}`;
}
