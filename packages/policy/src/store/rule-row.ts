/** A rule as PostgreSQL has it. */
import { sql } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import type { ApprovalTerms, Attachment, Purpose, Rule, RuleAction, StepUp } from "../rules/rule.ts";
import type { Selector } from "../rules/selector.ts";

export interface RuleRow {
  readonly id: Id<"rule">;
  readonly name: string;
  readonly description: string;
  readonly action: RuleAction;
  readonly attachment: Attachment;
  readonly include: Selector[];
  readonly require: Selector[];
  readonly exclude: Selector[];
  readonly step_up: StepUp | null;
  readonly purpose: Purpose | null;
  readonly approval: ApprovalTerms | null;
  readonly starts_at: Date | null;
  readonly ends_at: Date | null;
  readonly is_enabled: boolean;
  readonly managed_by: string | null;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export const ruleColumns = sql`
  id, name, description, action, attachment, include, require, exclude, step_up, purpose, approval, starts_at,
  ends_at, is_enabled, managed_by, version, created_at, updated_at`;

export function toRule(row: RuleRow): Rule {
  return {
    id: row.id,
    name: row.name,
    action: row.action,
    description: row.description,
    at: row.attachment,
    include: row.include,
    require: row.require,
    exclude: row.exclude,
    stepUp: row.step_up ?? undefined,
    purpose: row.purpose ?? undefined,
    approval: row.approval ?? undefined,
    startsAt: row.starts_at ?? undefined,
    endsAt: row.ends_at ?? undefined,
    isEnabled: row.is_enabled,
    managedBy: row.managed_by ?? undefined,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
