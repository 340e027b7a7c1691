import { z } from "zod";
import {
  addKeyResult,
  keyResultDraftSchema,
  maxKeyResults,
  newObjective,
  ownerSchema,
  quarterSchema,
} from "../objective.ts";
import { summarize, summarySchema } from "../summary.ts";
import { defineTool } from "../tool.ts";

export const importObjectives = defineTool({
  name: "import_objectives",
  title: "Import objectives",
  description:
    "Creates many objectives with their key results, one after the other, and reports progress. When it is cancelled, those already created stay; the answer lists them.",
  icon: "📥",
  input: z.strictObject({
    quarter: quarterSchema,
    objectives: z
      .array(
        z.strictObject({
          title: z.string().trim().min(1).max(300),
          owner: ownerSchema,
          keyResults: z.array(keyResultDraftSchema).max(maxKeyResults).default([]),
        }),
      )
      .min(1)
      .max(200),
  }),
  output: z.strictObject({ imported: z.array(summarySchema), skipped: z.int().nonnegative() }),
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  async run({ quarter, objectives }, { store, now }, { signal, reportProgress }) {
    const imported: z.infer<typeof summarySchema>[] = [];
    for (const { title, owner, keyResults } of objectives) {
      if (signal.aborted) break;
      const objective = await store.add((id) =>
        keyResults.reduce(addKeyResult, newObjective(id, { title, owner, quarter }, now())),
      );
      imported.push(summarize(objective));
      await reportProgress(imported.length, objectives.length, title);
    }
    const skipped = objectives.length - imported.length;
    return {
      text: `Imported ${imported.length} objectives into ${quarter}${skipped > 0 ? `, ${skipped} were left out` : ""}.`,
      value: { imported, skipped },
    };
  },
});
