import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { evaluatorFields } from "./evaluator-fields.ts";
import { shownEvaluator, toShownEvaluator } from "./shown-evaluator.ts";

const evaluatorChange = z
  .strictObject(evaluatorFields)
  .partial()
  .refine((change) => Object.keys(change).length > 0, "must name something to change")
  .meta({ id: "EvaluatorChange" });

/** What is absent stays. */
export const changeEvaluator = defineRoute({
  id: "changeEvaluator",
  method: "PATCH",
  path: "/evaluators/{slug}",
  summary: "Change an evaluator; what it said before holds no more",
  permission: "manage",
  isVersioned: true,
  errors: [
    "evaluator_not_found",
    "evaluator_unfit",
    "evaluator_unavailable",
    "outbound_refused",
    "outbound_policy_invalid",
  ],
  params: z.strictObject({ slug }),
  body: evaluatorChange,
  answer: shownEvaluator,
  handler: async ({ params, body, ifMatch }, { evaluators, changes }) => {
    const changed = await evaluators.change(params.slug, body, ifMatch);
    await changes.flush();
    return toShownEvaluator(changed);
  },
});
