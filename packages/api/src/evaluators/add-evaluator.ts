import { evaluatorBounds } from "@castellan/policy";
import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { evaluatorFields } from "./evaluator-fields.ts";
import { shownEvaluator, toShownEvaluator } from "./shown-evaluator.ts";

const newEvaluator = z
  .strictObject({
    slug,
    title: evaluatorFields.title.optional(),
    url: evaluatorFields.url,
    keysUrl: evaluatorFields.keysUrl,
    allowPrivate: evaluatorFields.allowPrivate.default([]),
    timeoutMs: evaluatorFields.timeoutMs.default(evaluatorBounds.timeoutMs.fallback),
    cacheSeconds: evaluatorFields.cacheSeconds.default(evaluatorBounds.cacheSeconds.fallback),
  })
  .meta({ id: "NewEvaluator" });

export const addEvaluator = defineRoute({
  id: "addEvaluator",
  method: "POST",
  path: "/evaluators",
  summary: "Add an evaluator of devices and sessions, whose keys are fetched at once; rules then name it",
  permission: "manage",
  status: 201,
  isVersioned: true,
  takesIdempotencyKey: true,
  errors: [
    "evaluator_taken",
    "evaluator_unfit",
    "evaluator_unavailable",
    "outbound_refused",
    "outbound_policy_invalid",
  ],
  body: newEvaluator,
  answer: shownEvaluator,
  handler: async ({ body }, { evaluators, changes }) => {
    const added = await evaluators.add({ ...body, title: body.title ?? body.slug });
    await changes.flush();
    return toShownEvaluator(added);
  },
});
