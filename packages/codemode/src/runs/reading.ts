/** Runs as they are looked up: by whoever goes on with them, and by people. */
import { sql, type Queryable, type SqlStatement } from "@castellan/database";
import { earliestId } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";
import { loadCalls } from "../journal/call-table.ts";
import { isOut } from "../journal/journal.ts";
import type { Run, RunDetails, RunEnding, RunFilter } from "../run.ts";
import { runColumns, toRun, type RunRow } from "./run-row.ts";
import { openCode, openEnding, openLogs } from "./sealing.ts";
import type { LogLine } from "@castellan/isolates";

const maxIds = 1_000;

export async function findRuns(database: Queryable, ids: readonly string[]): Promise<Run[]> {
  const rows = await database.query<RunRow>(
    sql`select ${runColumns} from codemode_runs where id = any(${ids.slice(0, maxIds)})`,
  );
  return rows.map(toRun);
}

export async function listRuns(database: Queryable, filter: RunFilter): Promise<Run[]> {
  const rows = await database.query<RunRow>(listing(filter));
  return rows.map(toRun);
}

/** A run's id is as old as the run, up to the difference between a clock and another. */
const maxSkewMs = 60_000;

/** Newest first, along an index of ids: of one principal, of a portal, of a state, or of all. */
export function listing({ principalId, state, portal, since, after, limit }: RunFilter): SqlStatement {
  let where = sql`true`;
  if (principalId !== undefined) where = sql`${where} and principal_id = ${principalId}`;
  if (state !== undefined) where = sql`${where} and state = ${state}`;
  if (portal !== undefined) where = sql`${where} and portal = ${portal}`;
  if (since !== undefined)
    where = sql`${where} and started_at >= ${since} and id >= ${earliestId("run", since.getTime() - maxSkewMs)}`;
  if (after !== undefined) where = sql`${where} and id < ${after}`;
  return sql`select ${runColumns} from codemode_runs where ${where} order by id desc limit ${limit}`;
}

/** What came of a run that has ended, with what it logged. Undefined: what it returned is kept no more. */
export interface KeptEnding {
  readonly ending: RunEnding | undefined;
  readonly logs: readonly LogLine[];
}

export async function findEnding(
  database: Queryable,
  vault: Pick<Vault, "open">,
  id: string,
): Promise<KeptEnding> {
  const [row] = await database.query<SealedRow>(
    sql`select sealed_result, sealed_logs from codemode_runs where id = ${id}`,
  );
  if (!row) return { ending: undefined, logs: [] };
  return {
    ending: row.sealed_result === null ? undefined : openEnding(vault, id, row.sealed_result),
    logs: openLogs(vault, id, row.sealed_logs),
  };
}

export async function findDetails(
  database: Queryable,
  vault: Pick<Vault, "open">,
  id: string,
): Promise<RunDetails | undefined> {
  const [row] = await database.query<RunRow & SealedRow & { readonly sealed_code: Buffer }>(sql`
    select ${runColumns}, sealed_code, sealed_logs, case when state <> 'completed' then sealed_result end as sealed_result
      from codemode_runs where id = ${id}`);
  if (!row) return undefined;
  const calls = await loadCalls(database, vault, id);
  const ending = row.sealed_result === null ? undefined : openEnding(vault, id, row.sealed_result);
  return {
    ...toRun(row),
    code: openCode(vault, id, row.sealed_code),
    logs: openLogs(vault, id, row.sealed_logs),
    calls: calls.filter(isOut),
    message: ending?.status === "failed" ? ending.message : undefined,
  };
}

interface SealedRow {
  readonly sealed_result: Buffer | null;
  readonly sealed_logs: Buffer | null;
}
