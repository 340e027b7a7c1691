import { z } from "zod";
import { defineRoute } from "../route.ts";
import { changes, maxDocumentBytes, planErrors, shownChanges, wanted } from "./wanted.ts";

export const planConfiguration = defineRoute({
  id: "planConfiguration",
  method: "POST",
  path: "/config/plan",
  summary: "Show what a configuration document would change",
  permission: "read",
  errors: planErrors,
  maxBodyBytes: maxDocumentBytes,
  body: z.strictObject(wanted),
  answer: z.object({
    changes,
    basis: z
      .string()
      .meta({ description: "Of what was looked at: given to an application, it holds it to this plan" }),
  }),
  handler: async ({ body: { document, ...how } }, { configuration }) => {
    const plan = await configuration.plan(document, how);
    return { ...plan, changes: shownChanges(plan.changes) };
  },
});
