import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";

export const removeEvaluator = defineRoute({
  id: "removeEvaluator",
  method: "DELETE",
  path: "/evaluators/{slug}",
  summary: "Remove an evaluator that no rule names",
  permission: "manage",
  isVersioned: true,
  errors: ["evaluator_not_found", "rule_refers"],
  params: z.strictObject({ slug }),
  handler: async ({ params, ifMatch }, { evaluators, changes }) => {
    await evaluators.remove(params.slug, ifMatch);
    await changes.flush();
  },
});
