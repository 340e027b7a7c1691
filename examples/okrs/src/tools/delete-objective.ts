import { z } from "zod";
import { Refusal, objectiveIdSchema } from "../objective.ts";
import { defineTool } from "../tool.ts";

export const deleteObjective = defineTool({
  name: "delete_objective",
  title: "Delete an objective",
  description:
    "Removes an objective with its key results and their history. This cannot be undone: prefer close_objective.",
  icon: "🗑️",
  input: z.strictObject({
    id: objectiveIdSchema,
    title: z.string().describe("The objective's title, letter for letter, so that no wrong one is deleted"),
  }),
  output: z.strictObject({ deleted: objectiveIdSchema }),
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  async run({ id, title }, { store }) {
    await store.remove(id, (objective) => {
      if (objective.title !== title)
        throw new Refusal(
          `The title of ${id} is "${objective.title}". Repeat it letter for letter to delete it.`,
        );
    });
    return { text: `Deleted ${id}.`, value: { deleted: id } };
  },
});
