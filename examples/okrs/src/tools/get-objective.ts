import { z } from "zod";
import { objectiveIdSchema, objectiveSchema } from "../objective.ts";
import { objectiveReport } from "../report.ts";
import { summarize, summarySchema } from "../summary.ts";
import { defineTool } from "../tool.ts";

export const getObjective = defineTool({
  name: "get_objective",
  title: "Get an objective",
  description: "One objective with its key results and all check-ins, and the same as a report in Markdown.",
  icon: "🔍",
  input: z.strictObject({ id: objectiveIdSchema }),
  output: z.strictObject({ objective: objectiveSchema, summary: summarySchema }),
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  run({ id }, { store }) {
    const objective = store.get(id);
    return { text: objectiveReport(objective), value: { objective, summary: summarize(objective) } };
  },
});
