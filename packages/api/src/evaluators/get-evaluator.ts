import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { shownEvaluator, toShownEvaluator } from "./shown-evaluator.ts";

export const getEvaluator = defineRoute({
  id: "getEvaluator",
  method: "GET",
  path: "/evaluators/{slug}",
  summary: "Show an evaluator",
  permission: "read",
  isVersioned: true,
  errors: ["evaluator_not_found"],
  params: z.strictObject({ slug }),
  answer: shownEvaluator,
  handler: async ({ params }, { evaluators }) => toShownEvaluator(await evaluators.get(params.slug)),
});
