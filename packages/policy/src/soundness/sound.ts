/** Whether a rule can take effect: asked whenever one is saved. */
import type { Queryable } from "@castellan/database";
import { policyFaults } from "../faults.ts";
import type { RuleFields } from "../rules/rule.ts";
import { findInRule } from "./by-itself.ts";
import { findInDemands } from "./demands.ts";
import { allOf, type Findings, type Problem } from "./findings.ts";
import { findInWorld } from "./in-world.ts";
import { readKnown } from "./known.ts";
import type { World } from "./world.ts";

/** More would tell nobody more. */
const maxTold = 100;

/**
 * What an admin should know of the rule. Throws `rule_without_effect`, naming the first field, with all problems in
 * `data.problems`. A rule that is switched off may wait for what it names: its problems are warnings until it is on.
 */
export async function assertSound(
  tx: Queryable,
  rule: RuleFields,
  { world, now }: { world: World; now: Date },
): Promise<readonly string[]> {
  const { problems, warnings } = await find(tx, rule, { world, now });
  const [first] = problems;
  if (first === undefined || !rule.isEnabled)
    return [...problems, ...warnings].slice(0, maxTold).map(toSentence);
  const others = problems.length === 1 ? "" : ` (and ${problems.length - 1} more)`;
  throw policyFaults.fault("rule_without_effect", `${toSentence(first)}${others}`, {
    field: first.field,
    data: { problems: problems.slice(0, maxTold) },
  });
}

async function find(
  tx: Queryable,
  rule: RuleFields,
  { world, now }: { world: World; now: Date },
): Promise<Findings> {
  return allOf([
    findInRule(rule, now),
    findInDemands(rule),
    findInWorld(rule, await readKnown(tx, rule, world), world),
  ]);
}

function toSentence({ field, reason }: Problem): string {
  return `${field}: ${reason}`;
}
