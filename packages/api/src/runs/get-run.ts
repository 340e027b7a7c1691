import { codemodeFaults, type RunDetails } from "@castellan/codemode";
import type { Id } from "@castellan/kernel";
import { z } from "zod";
import { id } from "../fields.ts";
import type { ApiPorts } from "../ports.ts";
import { defineRoute } from "../route.ts";
import { seenRun, showRunDetails } from "./shown-run.ts";

export const getRun = defineRoute({
  id: "getRun",
  method: "GET",
  path: "/runs/{id}",
  summary: "Get one run: its code and what it called, without what it returned",
  permission: "read",
  errors: ["run_unknown"],
  params: z.strictObject({ id: id("run") }),
  answer: seenRun,
  handler: async ({ params }, ports) => showRunDetails(await findRun(params.id, ports)),
});

/** `whose`: a principal; somebody else's run is told like one that is not there. Throws `run_unknown`. */
export async function findRun(
  runId: Id<"run">,
  { runs }: Pick<ApiPorts, "runs">,
  whose?: string,
): Promise<RunDetails> {
  const run = await runs.find(runId);
  if (run && (whose === undefined || run.caller.principalId === whose)) return run;
  throw codemodeFaults.fault("run_unknown", "There is no run with this id");
}
