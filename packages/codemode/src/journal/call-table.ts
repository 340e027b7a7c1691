/** What a run's calls came to, as the table has it: all of it for replays, and without the outcomes for whoever looks at the run later. */
import { prepared, sql, type Queryable, type SqlStatement } from "@castellan/database";
import type { ToolClass } from "@castellan/access";
import type { Id } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";
import type { RunCall, RunCallMethod } from "../run.ts";
import { openOutcome, sealOutcome } from "../runs/sealing.ts";
import { runTaken } from "../faults.ts";

/** A run of which this process holds this version. */
export interface HeldRun {
  readonly id: Id<"run">;
  readonly version: number;
}

/** More no run makes: limits of its process end it before. */
const maxCalls = 100_000;

/**
 * Writes these calls with what they were answered, if the run is still held: who took it meanwhile looks at them no sooner than that is
 * committed, or not committed for good. Fault: `run_taken`.
 */
export async function saveCalls(
  database: Queryable,
  vault: Pick<Vault, "seal">,
  { id, version }: HeldRun,
  calls: readonly RunCall[],
): Promise<void> {
  const [row] = await database.query<{ held: number }>(
    prepared(
      "codemode_save_calls",
      sql`
        with held as (
          select id from codemode_runs where id = ${id} and version = ${version} and state = 'running' for share
        ), saved as (${insertCalls(id, calls, sealing(vault))})
        select count(*) as held from held`,
    ),
  );
  if (row?.held !== 1) throw runTaken(id);
}

/** Seals what a call was answered; of reads that are made again nothing is kept. */
export function sealing(vault: Pick<Vault, "seal">): (call: RunCall, id: string) => Buffer | null {
  return ({ outcome }, id) => (outcome ? sealOutcome(vault, id, outcome) : null);
}

/** Once a run has ended nobody replays it. */
export const unsealed = (): null => null;

/** To be a part of a statement with `held`: one row where the run is still held, none where it is not. */
export function insertCalls(
  run: string,
  calls: readonly RunCall[],
  seal: (call: RunCall, id: string) => Buffer | null,
): SqlStatement {
  const ids = calls.map((call) => rowIdOf(run, call));
  const all = <Value>(value: (call: RunCall) => Value | undefined) =>
    calls.map((call) => value(call) ?? null);
  return sql`
    insert into codemode_calls (id, run_id, seq, method, target, written, digest, occurrence, class, state, call_id, waits_for, sealed_outcome, error_code,
                                issued_after, settled_as, settled_at_ms, duration_ms)
    select call.id, held.id, seq, method, target, written, digest, occurrence, class, state, call_id, waits_for, sealed_outcome, error_code,
           issued_after, settled_as, settled_at_ms, duration_ms
      from held, unnest(
        ${ids}::text[], ${all(({ seq }) => seq)}::int[], ${all(({ method }) => method)}::text[],
        ${all(({ target }) => target.replaceAll("\0", ""))}::text[], ${all(({ written }) => written?.replaceAll("\0", ""))}::text[], ${all(({ digest }) => digest)}::text[],
        ${all(({ occurrence }) => occurrence)}::int[], ${all((call) => call.class)}::text[], ${all(({ state }) => state)}::text[],
        ${all(({ callId }) => callId)}::text[], ${all(({ waitsFor }) => waitsFor)}::text[], ${calls.map((call, at) => seal(call, ids[at] ?? ""))}::bytea[],
        ${all(({ errorCode }) => errorCode)}::text[], ${all(({ issuedAfter }) => issuedAfter)}::int[],
        ${all(({ settledAs }) => settledAs)}::int[], ${all(({ settledAtMs }) => settledAtMs)}::float8[],
        ${all(({ durationMs }) => durationMs)}::float8[]
      ) as call (id, seq, method, target, written, digest, occurrence, class, state, call_id, waits_for, sealed_outcome, error_code,
                 issued_after, settled_as, settled_at_ms, duration_ms)
    on conflict (id) do update set
      seq = excluded.seq, class = excluded.class, state = excluded.state, call_id = excluded.call_id, waits_for = excluded.waits_for,
      sealed_outcome = excluded.sealed_outcome, error_code = excluded.error_code, issued_after = excluded.issued_after,
      settled_as = excluded.settled_as, settled_at_ms = excluded.settled_at_ms, duration_ms = excluded.duration_ms`;
}

/** All calls of a run in their order, with what they were answered as far as that is kept. */
export async function loadCalls(
  database: Queryable,
  vault: Pick<Vault, "open">,
  run: string,
): Promise<RunCall[]> {
  const rows = await database.query<CallRow>(sql`
    select id, seq, method, target, written, digest, occurrence, class, state, call_id, waits_for, sealed_outcome, error_code,
           issued_after, settled_as, settled_at_ms, duration_ms
      from codemode_calls where run_id = ${run} order by seq, id limit ${maxCalls}`);
  return rows.map((row) => toCall(row, vault));
}

interface CallRow {
  readonly id: string;
  readonly seq: number;
  readonly method: RunCallMethod;
  readonly target: string;
  readonly written: string | null;
  readonly digest: string;
  readonly occurrence: number;
  readonly class: ToolClass | null;
  readonly state: RunCall["state"];
  readonly call_id: Id<"call">;
  readonly waits_for: string | null;
  readonly sealed_outcome: Buffer | null;
  readonly error_code: string | null;
  readonly issued_after: number;
  readonly settled_as: number | null;
  readonly settled_at_ms: number | null;
  readonly duration_ms: number | null;
}

function toCall(row: CallRow, vault: Pick<Vault, "open">): RunCall {
  return {
    seq: row.seq,
    method: row.method,
    target: row.target,
    written: row.written ?? undefined,
    digest: row.digest,
    occurrence: row.occurrence,
    class: row.class ?? undefined,
    state: row.state,
    callId: row.call_id,
    waitsFor: row.waits_for ?? undefined,
    outcome: row.sealed_outcome === null ? undefined : openOutcome(vault, row.id, row.sealed_outcome),
    errorCode: row.error_code ?? undefined,
    issuedAfter: row.issued_after,
    settledAs: row.settled_as ?? undefined,
    settledAtMs: row.settled_at_ms ?? undefined,
    durationMs: row.duration_ms ?? undefined,
  };
}

function rowIdOf(run: string, { digest, occurrence }: Pick<RunCall, "digest" | "occurrence">): string {
  return `${run}/${digest}/${occurrence}`;
}
