/** How rules are read. */
import { sql, type Queryable } from "@castellan/database";
import { kernelFaults } from "@castellan/kernel";
import { policyFaults } from "../faults.ts";
import type { Rule } from "../rules/rule.ts";
import { ruleColumns, toRule, type RuleRow } from "./rule-row.ts";

/** All of them by name. There are at most `maxRules`. */
export async function listRules(from: Queryable): Promise<Rule[]> {
  const rows = await from.query<RuleRow>(sql`select ${ruleColumns} from policy_rules order by name`);
  return rows.map(toRule);
}

/** Throws `rule_not_found`. */
export async function getRule(from: Queryable, name: string): Promise<Rule> {
  const [row] = await from.query<RuleRow>(sql`select ${ruleColumns} from policy_rules where name = ${name}`);
  if (!row) throw policyFaults.fault("rule_not_found", `There is no rule "${name}"`);
  return toRule(row);
}

/** The rule as it is, and stays until the transaction ends. Throws `rule_not_found`, `version_stale`. */
export async function lockRule(tx: Queryable, name: string, ifMatch: number | undefined): Promise<Rule> {
  await tx.query(sql`select 1 from policy_rules where name = ${name} for update`);
  const rule = await getRule(tx, name);
  if (ifMatch === undefined || rule.version === ifMatch) return rule;
  throw kernelFaults.fault(
    "version_stale",
    `Rule "${name}" is at version ${rule.version}, not at ${ifMatch}: it was changed meanwhile`,
    { field: "If-Match", data: { version: rule.version } },
  );
}
