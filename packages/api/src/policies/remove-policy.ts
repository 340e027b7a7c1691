import { defineRoute } from "../route.ts";
import { ruleParams } from "./policy-fields.ts";

export const removePolicy = defineRoute({
  id: "removePolicy",
  method: "DELETE",
  path: "/policies/{name}",
  summary: "Remove a rule",
  permission: "manage",
  isVersioned: true,
  errors: ["rule_not_found"],
  params: ruleParams,
  handler: async ({ params, ifMatch }, { policies, changes }) => {
    await policies.remove(params.name, ifMatch);
    await changes.flush();
  },
});
