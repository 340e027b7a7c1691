import { defineRoute } from "../route.ts";
import { ruleParams } from "./policy-fields.ts";
import { shownRule, toShownRule } from "./shown-policy.ts";

export const getPolicy = defineRoute({
  id: "getPolicy",
  method: "GET",
  path: "/policies/{name}",
  summary: "Show a rule",
  permission: "read",
  isVersioned: true,
  errors: ["rule_not_found"],
  params: ruleParams,
  answer: shownRule,
  handler: async ({ params }, { policies }) => toShownRule(await policies.get(params.name)),
});
