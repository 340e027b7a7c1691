import { z } from "zod";
import { closeObjective, objectiveIdSchema, objectiveSchema, outcomes } from "../objective.ts";
import { defineTool } from "../tool.ts";

export const closeObjectiveTool = defineTool({
  name: "close_objective",
  title: "Close an objective",
  description: "Ends an objective with its outcome. A closed objective stays as it is.",
  icon: "🏁",
  input: z.strictObject({
    id: objectiveIdSchema,
    outcome: z.enum(outcomes),
    lesson: z.string().trim().min(1).max(2_000).optional().describe("What the team would do differently"),
  }),
  output: z.strictObject({ objective: objectiveSchema }),
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  async run({ id, outcome, lesson }, { store, now }) {
    const objective = await store.change(id, (before) => closeObjective(before, outcome, lesson, now()));
    return { text: `Closed ${id} as ${outcome}.`, value: { objective } };
  },
});
