import { z } from "zod";
import { printable } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { pageRuns } from "./page-runs.ts";
import { runPage, runQuery } from "./shown-run.ts";

export const listRuns = defineRoute({
  id: "listRuns",
  method: "GET",
  path: "/runs",
  summary: "List runs of code, newest first; all filters must match",
  permission: "read",
  query: z.strictObject({
    ...runQuery,
    principal: printable(128).optional().describe("Id of the person or token that sent the code"),
  }),
  answer: runPage,
  handler: ({ query: { principal: principalId, ...query } }, ports) =>
    pageRuns(query, { principalId }, ports),
});
