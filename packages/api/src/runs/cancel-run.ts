import { z } from "zod";
import { id } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { findRun } from "./get-run.ts";

export const cancelRun = defineRoute({
  id: "cancelRun",
  method: "DELETE",
  path: "/runs/{id}",
  summary: "End somebody's run that is under way, or waits; what it has called stays done",
  permission: "manage",
  errors: ["run_unknown", "run_ended"],
  params: z.strictObject({ id: id("run") }),
  handler: async ({ params }, ports) => {
    const { caller } = await findRun(params.id, ports);
    await ports.runs.cancel(params.id, caller.principalId);
    await ports.changes.flush();
  },
});
