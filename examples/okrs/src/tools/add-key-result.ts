import { z } from "zod";
import {
  addKeyResult,
  keyResultDraftSchema,
  keyResultSchema,
  objectiveIdSchema,
  objectiveSchema,
} from "../objective.ts";
import { defineTool } from "../tool.ts";

export const addKeyResultTool = defineTool({
  name: "add_key_result",
  title: "Add a key result",
  description: "Adds a measurable key result to an active objective.",
  icon: "📏",
  input: keyResultDraftSchema.extend({ objectiveId: objectiveIdSchema }),
  output: z.strictObject({ objective: objectiveSchema, keyResult: keyResultSchema }),
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  async run({ objectiveId, ...draft }, { store }) {
    const objective = await store.change(objectiveId, (before) => addKeyResult(before, draft));
    const keyResult = objective.keyResults.at(-1)!;
    return {
      text: `Added ${keyResult.id} to ${objectiveId}: from ${draft.startValue} to ${draft.targetValue} ${draft.unit}`.trim(),
      value: { objective, keyResult },
    };
  },
});
