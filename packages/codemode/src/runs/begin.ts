/**
 * How a run comes to be. The same code of the same caller that waits, or was interrupted, is gone on with instead, or told what came of it where
 * it went on by itself: whoever sends it again means that one. One that is under way they mean to have twice.
 */
import { prepared, sql, type Queryable, type SqlStatement } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";
import type { Run } from "../run.ts";
import { sealCode } from "./sealing.ts";

export interface NewRun {
  readonly run: Run;
  readonly code: string;
  /** Replicas of which it is known that they live: this one is of them. What they work on is under way. */
  readonly living: readonly string[];
}

/** The same code, for which nothing was begun. */
export interface SameRun {
  readonly id: Id<"run">;
  /** Its caller comes back for it. Else it is under way, unless the replica is gone. */
  readonly isUntold: boolean;
  readonly replica: string | null;
}

/** Commits the run as this replica's, or answers the one of the same code that is there already. */
export async function begin(
  database: Queryable,
  vault: Pick<Vault, "seal" | "mac">,
  { run, code, living }: NewRun,
): Promise<SameRun | undefined> {
  const mac = codeMac(vault, run, code);
  const [found] = await database.query<SameRun>(
    prepared(
      "codemode_begin",
      sql`
        with found as (
          select id, untold, replica from codemode_runs
           where principal_id = ${run.caller.principalId} and code_mac = ${mac} and (untold or state = 'running')
             and (state = 'running' and (untold or replica <> all(${[...living]}::text[]))
                  or state in ('paused', 'completed', 'failed') and expires_at > ${run.startedAt}::timestamptz)
           order by untold desc, id limit 1
        ), begun as (
          insert into codemode_runs (id, state, tool, server_id, server, caller, principal_id, portal, narrowed_to, place, call_id,
                                     sealed_code, code_mac, started_at, expires_at, replica)
          select ${valuesOf(run)}, ${sealCode(vault, run.id, code)}::bytea, ${mac}::bytea, ${run.startedAt}::timestamptz, ${run.expiresAt}::timestamptz, ${run.replica ?? null}::text
           where not exists (select from found)
        )
        select id, untold as "isUntold", replica from found`,
    ),
  );
  return found;
}

/** Up to and with `call_id`. */
export function valuesOf({
  id,
  state,
  tool,
  room,
  caller,
  portal,
  narrowedTo,
  place,
  callId,
}: Run): SqlStatement {
  const [serverId, server] = room.kind === "api" ? [room.serverId, room.server] : [null, null];
  return sql`${id}::text, ${state}::text, ${tool}::text, ${serverId}::text, ${server}::text, ${JSON.stringify(caller)}::json,
    ${caller.principalId}::text, ${portal}::text, ${narrowedTo ?? null}::text[], ${JSON.stringify(place)}::json, ${callId}::text`;
}

/** Its caller knows what came of it: the same code sent again is another run. */
export async function markTold(database: Queryable, run: string): Promise<void> {
  await database.query(sql`update codemode_runs set untold = false where id = ${run} and untold`);
}

/**
 * Of all by which two runs are the same: whose, where, over what, and the code to the letter. Who comes without a token is known by an
 * address that is also others': no run of theirs is the same as another.
 */
export function codeMac(vault: Pick<Vault, "mac">, run: Run, code: string): Buffer {
  const { caller, portal, tool, room, narrowedTo } = run;
  const whose = caller.principalKind === "public" ? run.id : caller.principalId;
  const parts = [whose, caller.clientId, portal, tool, room, narrowedTo?.toSorted(), code];
  return vault.mac("codemode/code", JSON.stringify(parts));
}
