import { z } from "zod";
import { pageOf, pageQuery, slicePage, toPage } from "../paging.ts";
import { defineRoute } from "../route.ts";
import { shownEvaluator, toShownEvaluator } from "./shown-evaluator.ts";

export const listEvaluators = defineRoute({
  id: "listEvaluators",
  method: "GET",
  path: "/evaluators",
  summary: "List the evaluators by slug",
  permission: "read",
  query: z.strictObject(pageQuery),
  answer: pageOf(shownEvaluator),
  handler: async ({ query }, { evaluators }) =>
    toPage(
      slicePage(await evaluators.list(), ({ slug }) => slug, query),
      toShownEvaluator,
    ),
});
