/** A run as the table has it. */
import { sql } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import type { Room, Run, RunCaller, RunOutcome, RunPlace, RunState, RunTool, RunWait } from "../run.ts";

export const runsTopic = "codemode_runs";

/** All but what is sealed. */
export const runColumns = sql`id, state, tool, server_id, server, caller, portal, narrowed_to, place, call_id, started_at, ended_at,
  expires_at, waits, version, replica, error_code, result_bytes, wall_ms, cpu_ms, passes, calls`;

export interface RunRow {
  readonly id: Id<"run">;
  readonly state: RunState;
  readonly tool: RunTool;
  readonly server_id: Id<"server"> | null;
  readonly server: string | null;
  readonly caller: RunCaller;
  readonly portal: string;
  readonly narrowed_to: readonly string[] | null;
  readonly place: RunPlace;
  readonly call_id: Id<"call">;
  readonly started_at: Date;
  readonly ended_at: Date | null;
  readonly expires_at: Date;
  readonly waits: readonly RunWait[];
  readonly version: number;
  readonly replica: string | null;
  readonly error_code: string | null;
  readonly result_bytes: number | null;
  readonly wall_ms: number;
  readonly cpu_ms: number;
  readonly passes: number;
  readonly calls: number;
}

export function toRun(row: RunRow): Run {
  return {
    id: row.id,
    state: row.state,
    tool: row.tool,
    room: roomOf(row),
    caller: row.caller,
    portal: row.portal,
    narrowedTo: row.narrowed_to ?? undefined,
    place: row.place,
    callId: row.call_id,
    startedAt: row.started_at,
    endedAt: row.ended_at ?? undefined,
    expiresAt: row.expires_at,
    waits: row.waits,
    version: row.version,
    replica: row.replica ?? undefined,
    outcome: outcomeOf(row),
    use: { wallMs: row.wall_ms, cpuMs: row.cpu_ms, passes: row.passes, calls: row.calls },
  };
}

function roomOf({ server_id: serverId, server }: RunRow): Room {
  return serverId === null || server === null ? { kind: "portal" } : { kind: "api", serverId, server };
}

function outcomeOf({ state, error_code: code, result_bytes: bytes }: RunRow): RunOutcome | undefined {
  if (code !== null) return { kind: "failed", code };
  return state === "completed" ? { kind: "returned", bytes: bytes ?? 0 } : undefined;
}
