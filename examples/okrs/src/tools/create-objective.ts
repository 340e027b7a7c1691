import { z } from "zod";
import { newObjective, objectiveSchema, ownerSchema, quarterSchema } from "../objective.ts";
import { defineTool } from "../tool.ts";

export const createObjective = defineTool({
  name: "create_objective",
  title: "Create an objective",
  description: "Creates an active objective. Add its key results with add_key_result.",
  icon: "🎯",
  input: z.strictObject({
    title: z.string().trim().min(1).max(300).describe("What will be true at the end of the quarter"),
    owner: ownerSchema,
    quarter: quarterSchema,
  }),
  output: z.strictObject({ objective: objectiveSchema }),
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  async run(draft, { store, now }) {
    const objective = await store.add((id) => newObjective(id, draft, now()));
    return {
      text: `Created ${objective.id} for ${objective.owner} in ${objective.quarter}. It has no key results yet.`,
      value: { objective },
    };
  },
});
