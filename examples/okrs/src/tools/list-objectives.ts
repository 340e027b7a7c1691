import { z } from "zod";
import { objectiveSchema, quarterSchema } from "../objective.ts";
import { percent } from "../report.ts";
import { summarize, summarySchema } from "../summary.ts";
import { defineTool } from "../tool.ts";

export const listObjectives = defineTool({
  name: "list_objectives",
  title: "List objectives",
  description: "Objectives with their progress, by quarter, owner or status, a page at a time.",
  icon: "📋",
  input: z.strictObject({
    quarter: quarterSchema.optional(),
    owner: z.string().max(200).optional().describe("The whole name of a person or team, in any case"),
    status: objectiveSchema.shape.status.optional(),
    limit: z.int().min(1).max(100).default(50),
    offset: z.int().min(0).default(0),
  }),
  output: z.strictObject({
    objectives: z.array(summarySchema),
    total: z.int().nonnegative().describe("How many match the filter, on all pages"),
  }),
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  run({ limit, offset, ...filter }, { store }) {
    const matching = store.list(filter);
    const objectives = matching.slice(offset, offset + limit).map(summarize);
    const lines = objectives.map(
      ({ id, title, owner, quarter, progress, status }) =>
        `- ${id} ${title} (${owner}, ${quarter}): ${percent(progress)}, ${status}`,
    );
    return {
      text: [`${objectives.length} of ${matching.length} objectives`, ...lines].join("\n"),
      value: { objectives, total: matching.length },
    };
  },
});
