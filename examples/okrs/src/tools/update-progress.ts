import { z } from "zod";
import {
  checkIn,
  confidenceSchema,
  keyResultIdSchema,
  keyResultProgress,
  objectiveIdSchema,
  objectiveProgress,
  objectiveSchema,
} from "../objective.ts";
import { percent } from "../report.ts";
import { defineTool } from "../tool.ts";

export const updateProgress = defineTool({
  name: "update_progress",
  title: "Check in on a key result",
  description:
    "Records a key result's value of today, and how sure its owner is. Earlier check-ins are kept.",
  icon: "📈",
  input: z.strictObject({
    objectiveId: objectiveIdSchema,
    keyResultId: keyResultIdSchema,
    value: z
      .number()
      .min(-1e12)
      .max(1e12)
      .describe("The value reached, in the key result's unit, not the change"),
    confidence: confidenceSchema,
    note: z.string().max(2_000).optional(),
  }),
  output: z.strictObject({
    objective: objectiveSchema,
    keyResultProgress: z.number().min(0).max(1),
    objectiveProgress: z.number().min(0).max(1),
  }),
  // Each call is a check-in of its own in the history.
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  async run({ objectiveId, ...what }, { store, now }) {
    const objective = await store.change(objectiveId, (before) => checkIn(before, what, now()));
    const keyResult = objective.keyResults.find(({ id }) => id === what.keyResultId)!;
    const progress = { ofOne: keyResultProgress(keyResult), ofAll: objectiveProgress(objective) };
    return {
      text: `${what.keyResultId} is at ${percent(progress.ofOne)}, ${objectiveId} at ${percent(progress.ofAll)}.`,
      value: { objective, keyResultProgress: progress.ofOne, objectiveProgress: progress.ofAll },
    };
  },
});
