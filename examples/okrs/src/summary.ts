/** An objective as one row of a list. */
import { z } from "zod";
import {
  type Objective,
  confidenceSchema,
  objectiveConfidence,
  objectiveProgress,
  objectiveSchema,
} from "./objective.ts";

export const summarySchema = objectiveSchema
  .pick({ id: true, title: true, owner: true, quarter: true, status: true })
  .extend({
    progress: z.number().min(0).max(1).describe("Mean of the key results, 0 to 1"),
    confidence: confidenceSchema.describe("The worst among the key results"),
    keyResultCount: z.int().nonnegative(),
  });

export function summarize(objective: Objective): z.infer<typeof summarySchema> {
  const { id, title, owner, quarter, status, keyResults } = objective;
  return {
    id,
    title,
    owner,
    quarter,
    status,
    progress: objectiveProgress(objective),
    confidence: objectiveConfidence(objective),
    keyResultCount: keyResults.length,
  };
}
