import { defineRoute } from "../route.ts";
import { ruleChange, ruleParams } from "./policy-fields.ts";
import { savedRule, toSavedRule } from "./shown-policy.ts";

/** A member that is given is replaced as a whole. */
export const changePolicy = defineRoute({
  id: "changePolicy",
  method: "PATCH",
  path: "/policies/{name}",
  summary: "Change a rule, or switch it on or off",
  permission: "manage",
  isVersioned: true,
  errors: ["rule_not_found", "rule_without_effect"],
  params: ruleParams,
  body: ruleChange,
  answer: savedRule,
  handler: async ({ params, body, ifMatch }, { policies, changes }) => {
    const saved = await policies.change(params.name, body, ifMatch);
    await changes.flush();
    return toSavedRule(saved);
  },
});
