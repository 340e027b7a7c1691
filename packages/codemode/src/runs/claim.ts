/** Who works on a run: one replica at a time, by comparing its version. */
import { recordChange, sql, type Database } from "@castellan/database";
import type { Vault } from "@castellan/vault";
import type { Run } from "../run.ts";
import { runColumns, runsTopic, toRun, type RunRow } from "./run-row.ts";
import { openCode } from "./sealing.ts";

export interface ClaimedRun {
  readonly run: Run;
  readonly code: string;
}

/**
 * Makes a run this replica's, as it was seen: paused, or under way with a replica that is gone. Undefined: it is not so any more. What that
 * replica had begun to write is committed by then, or will not be. Its caller's connection may have gone with it: the same code sent again finds
 * the run.
 */
export async function claim(
  database: Database,
  vault: Pick<Vault, "open">,
  { seen, replica }: { readonly seen: Pick<Run, "id" | "version">; readonly replica: string },
): Promise<ClaimedRun | undefined> {
  const row = await database.transaction(async (tx) => {
    const [row] = await tx.query<RunRow & { readonly sealed_code: Buffer }>(sql`
      update codemode_runs
         set state = 'running', replica = ${replica}, due_at = null, version = version + 1, passes = passes + 1,
             untold = untold or state = 'running'
       where id = ${seen.id} and version = ${seen.version} and state in ('paused', 'running')
      returning ${runColumns}, sealed_code`);
    if (row) await recordChange(tx, runsTopic, seen.id);
    return row;
  });
  return row && { run: toRun(row), code: openCode(vault, row.id, row.sealed_code) };
}
