import { defineRoute } from "../route.ts";
import { newRule } from "./policy-fields.ts";
import { savedRule, toSavedRule } from "./shown-policy.ts";

export const addPolicy = defineRoute({
  id: "addPolicy",
  method: "POST",
  path: "/policies",
  summary: "Make a rule; it holds for the next call",
  permission: "manage",
  status: 201,
  isVersioned: true,
  takesIdempotencyKey: true,
  errors: ["rule_name_taken", "rule_without_effect"],
  body: newRule,
  answer: savedRule,
  handler: async ({ body }, { policies, changes }) => {
    const saved = await policies.add(toWhole(body));
    await changes.flush();
    return toSavedRule(saved);
  },
});

/** A rule has all of its fields. */
export function toWhole<Body extends object>(body: Body) {
  return {
    stepUp: undefined,
    purpose: undefined,
    approval: undefined,
    startsAt: undefined,
    endsAt: undefined,
    ...body,
  };
}
