import { z } from "zod";
import { id } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { findRun } from "../runs/get-run.ts";
import { pageRuns } from "../runs/page-runs.ts";
import { ownRun, runPage, runQuery, showRunDetails } from "../runs/shown-run.ts";

const params = z.strictObject({ id: id("run") });

export const listMyRuns = defineRoute({
  id: "listMyRuns",
  method: "GET",
  path: "/me/runs",
  summary: "List your runs of code, newest first",
  permission: "use",
  query: z.strictObject(runQuery),
  answer: runPage,
  handler: ({ query, principal }, ports) => pageRuns(query, { principalId: principal.id }, ports),
});

export const getMyRun = defineRoute({
  id: "getMyRun",
  method: "GET",
  path: "/me/runs/{id}",
  summary: "Get one of your runs, with what it returned while that is kept",
  permission: "use",
  errors: ["run_unknown"],
  params,
  answer: ownRun,
  handler: async ({ params: { id: runId }, principal }, ports) => {
    const run = await findRun(runId, ports, principal.id);
    const result = await ports.runs.result(runId, principal.id);
    return { ...showRunDetails(run), logs: [...run.logs], result };
  },
});

export const cancelMyRun = defineRoute({
  id: "cancelMyRun",
  method: "DELETE",
  path: "/me/runs/{id}",
  summary: "End a run of yours that is under way, or waits; what it has called stays done",
  permission: "use",
  errors: ["run_unknown", "run_ended"],
  params,
  handler: async ({ params: { id: runId }, principal }, { runs, changes }) => {
    await runs.cancel(runId, principal.id);
    await changes.flush();
  },
});
