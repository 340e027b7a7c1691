/** How a rule is written. */
import { recordChange, sql, type Queryable } from "@castellan/database";
import { createId } from "@castellan/kernel";
import { policyFaults } from "../faults.ts";
import type { Said } from "./rule-change.ts";

/** The topic of the change log under which rules are told; keys are their names. */
export const policiesTopic = "policies";

/** Throws `rule_name_taken`. */
export async function insertRule(tx: Queryable, name: string, rule: Said, now: Date): Promise<void> {
  const made = await tx.query(sql`
    insert into policy_rules (
      id, name, description, action, attachment, include, require, exclude, step_up, purpose, approval, starts_at,
      ends_at, is_enabled, managed_by, created_at, updated_at)
    values (
      ${createId("rule")}, ${name}, ${rule.description}, ${rule.action}, ${rule.at}, ${list(rule.include)},
      ${list(rule.require)}, ${list(rule.exclude)}, ${rule.stepUp ?? null}, ${rule.purpose ?? null},
      ${rule.approval ?? null}, ${rule.startsAt ?? null}, ${rule.endsAt ?? null}, ${rule.isEnabled},
      ${rule.managedBy ?? null}, ${now}, ${now})
    on conflict (name) do nothing returning 1`);
  if (made.length === 0)
    throw policyFaults.fault("rule_name_taken", `There is a rule "${name}" already`, { field: "name" });
  await recordChange(tx, policiesTopic, name);
}

export async function updateRule(tx: Queryable, name: string, rule: Said, now: Date): Promise<void> {
  await tx.query(sql`
    update policy_rules
       set description = ${rule.description}, action = ${rule.action}, attachment = ${rule.at},
           include = ${list(rule.include)}, require = ${list(rule.require)}, exclude = ${list(rule.exclude)},
           step_up = ${rule.stepUp ?? null}, purpose = ${rule.purpose ?? null},
           approval = ${rule.approval ?? null}, starts_at = ${rule.startsAt ?? null},
           ends_at = ${rule.endsAt ?? null}, is_enabled = ${rule.isEnabled},
           managed_by = ${rule.managedBy ?? null}, version = version + 1, updated_at = ${now}
     where name = ${name}`);
  await recordChange(tx, policiesTopic, name);
}

/** An array would become one of PostgreSQL's. */
function list(selectors: readonly object[]): string {
  return JSON.stringify(selectors);
}
