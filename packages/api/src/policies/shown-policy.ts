/** A rule as the API shows it. */
import {
  levelOf,
  levels,
  ruleActions,
  rulePartSchemas,
  unusableIn,
  type Rule,
  type SavedRule,
} from "@castellan/policy";
import { z } from "zod";
import { isoTime } from "../fields.ts";

const parts = rulePartSchemas("Shown");

export const shownSelector = parts.selector;

const members = {
  name: z.string(),
  action: z.enum(ruleActions),
  description: z.string(),
  at: parts.attachment,
  level: z.enum(levels).meta({ description: "On which it decides" }),
  include: z.array(shownSelector),
  require: z.array(shownSelector),
  exclude: z.array(shownSelector),
  stepUp: parts.stepUp.optional(),
  purpose: parts.purpose.optional(),
  approval: parts.approval.optional(),
  startsAt: isoTime.optional(),
  endsAt: isoTime.optional(),
  isEnabled: z.boolean(),
  unusable: z
    .array(z.object({ field: z.string(), reason: z.string() }))
    .optional()
    .meta({
      description:
        "What of it this release cannot apply, although it was saved. Nobody can tell whether that fits, which comes to the stricter outcome: mend it",
    }),
  managedBy: z.string().optional().meta({ description: "The configuration file that made it" }),
  version: z.int(),
  createdAt: isoTime,
  updatedAt: isoTime,
};

export const shownRule = z.object(members).meta({ id: "Policy" });

export const savedRule = z
  .object({
    ...members,
    warnings: z
      .array(z.string())
      .meta({ description: "What may be meant so, and may not: each with the field that it is about" }),
  })
  .meta({ id: "SavedPolicy" });

export function toShownRule(rule: Rule): z.input<typeof shownRule> {
  const { id: _, ...shown } = rule;
  const unusable = unusableIn(rule).map(({ field, reason }) => ({ field, reason }));
  // Read-only lists, which nobody writes to.
  return {
    ...shown,
    level: levelOf(rule.at),
    ...(unusable.length > 0 && { unusable }),
  } as z.input<typeof shownRule>;
}

export function toSavedRule({ rule, warnings }: SavedRule): z.input<typeof savedRule> {
  return { ...toShownRule(rule), warnings: [...warnings] };
}
