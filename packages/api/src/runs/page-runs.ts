import type { RunFilter, RunState } from "@castellan/codemode";
import type { Id } from "@castellan/kernel";
import type { z } from "zod";
import type { ApiPorts } from "../ports.ts";
import { defaultPage, showRun, type runPage } from "./shown-run.ts";

interface RunQuery {
  readonly state?: RunState | undefined;
  readonly portal?: string | undefined;
  readonly since?: Date | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: Id<"run"> | undefined;
}

/** Newest first. */
export async function pageRuns(
  { limit = defaultPage, cursor, ...query }: RunQuery,
  whose: Pick<RunFilter, "principalId">,
  { runs }: Pick<ApiPorts, "runs">,
): Promise<z.input<typeof runPage>> {
  // One more tells whether there is another page.
  const found = await runs.list({ ...query, ...whose, after: cursor, limit: limit + 1 });
  const items = found.slice(0, limit);
  return { items: items.map(showRun), nextCursor: found.length > limit ? items.at(-1)?.id : undefined };
}
