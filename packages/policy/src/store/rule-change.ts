/** What an admin says of a new rule, or of one that is there. */
import type { RuleFields } from "../rules/rule.ts";

export interface NewRule extends RuleFields {
  /** A slug. It never changes: records of calls name it. */
  readonly name: string;
  /** The name of the configuration file that makes it. Absent: made by hand. */
  readonly managedBy?: string | undefined;
}

/** What is absent stays; null takes away. A member that is there is replaced as a whole. */
export interface RuleChange {
  readonly action?: RuleFields["action"] | undefined;
  readonly description?: string | undefined;
  readonly at?: RuleFields["at"] | undefined;
  readonly include?: RuleFields["include"] | undefined;
  readonly require?: RuleFields["require"] | undefined;
  readonly exclude?: RuleFields["exclude"] | undefined;
  readonly stepUp?: RuleFields["stepUp"] | null;
  readonly purpose?: RuleFields["purpose"] | null;
  readonly approval?: RuleFields["approval"] | null;
  readonly startsAt?: Date | null | undefined;
  readonly endsAt?: Date | null | undefined;
  readonly isEnabled?: boolean | undefined;
  readonly managedBy?: string | null | undefined;
}

/** What of a rule is said, and by whom. */
export type Said = Omit<NewRule, "name">;

/** Of a rule, or of what will be one: absent and undefined are one, as in the database. */
export function saidOf({ managedBy, ...rule }: Said): Said {
  return {
    action: rule.action,
    description: rule.description,
    at: stored(rule.at),
    include: stored(rule.include),
    require: stored(rule.require),
    exclude: stored(rule.exclude),
    stepUp: rule.stepUp && stored(rule.stepUp),
    purpose: rule.purpose && stored(rule.purpose),
    approval: rule.approval && stored(rule.approval),
    startsAt: rule.startsAt,
    endsAt: rule.endsAt,
    isEnabled: rule.isEnabled,
    managedBy,
  };
}

/** The rule with the change in it. */
export function withChange(before: Said, change: RuleChange): Said {
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  const taken = given.map(([member, value]) => [member, value === null ? undefined : (value as unknown)]);
  return { ...saidOf(before), ...(Object.fromEntries(taken) as Partial<Said>) };
}

function stored<Value extends object>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value;
}
