/** Runs for tests of what shows them: in the real tables, by the statements that runs are made with. */
import type { Database } from "@castellan/database";
import { createId, type Clock, type Id } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";
import type { Run, RunCall, RunCaller, RunEnding, Runs, RunWait } from "./run.ts";
import { begin } from "./runs/begin.ts";
import { createRuns } from "./runs/create-runs.ts";
import { end } from "./runs/end.ts";
import { park } from "./runs/park.ts";

export interface TestRun {
  readonly caller: Pick<RunCaller, "principalId"> & Partial<RunCaller>;
  readonly portal?: string;
  readonly code?: string;
  readonly startedAt?: Date;
  /** Names of the tools that it called, one after the other. */
  readonly called?: readonly string[];
  /** What it waits for; absent: it is not paused. */
  readonly waits?: readonly RunWait[];
  /** Absent: it is under way, or waits. */
  readonly ending?: RunEnding;
}

export interface TestRuns extends Runs {
  add(run: TestRun): Promise<Id<"run">>;
}

const use = { wallMs: 12, cpuMs: 3 };
const hourMs = 3_600_000;

export function createTestRuns(parts: {
  readonly database: Database;
  readonly vault: Pick<Vault, "seal" | "open" | "mac">;
  readonly clock: Clock;
}): TestRuns {
  const { database, vault, clock } = parts;
  return {
    ...createRuns({ ...parts, letGo: async () => undefined }),
    async add({ code = "1", called = [], waits, ending, ...about }) {
      const run = newRun(about, clock);
      await begin(database, vault, { run, code, living: [] });
      const calls = called.map(callOf);
      const expiresAt = new Date(clock.now() + hourMs);
      const common = { calls, callCount: calls.length, expiresAt, use };
      if (waits) await park(parts, run, { ...common, waits, maxPaused: 1_000 });
      else if (ending)
        await end(parts, run, {
          ...common,
          ending,
          state: ending.status,
          endedAt: new Date(clock.now()),
          logs: [{ level: "log", text: "logged" }],
        });
      return run.id;
    },
  };
}

function newRun(
  { caller, portal = "tools", startedAt }: Pick<TestRun, "caller" | "portal" | "startedAt">,
  clock: Clock,
): Run {
  const now = startedAt ?? new Date(clock.now());
  return {
    id: createId("run"),
    state: "running",
    tool: "execute",
    room: { kind: "portal" },
    caller: { principalKind: "user", principalName: "Ada", ...caller },
    portal,
    place: {
      requestId: "req",
      address: "192.0.2.7",
      connection: { address: "192.0.2.7", country: "ZZ", certificate: undefined, postures: {} },
      ownHost: undefined,
      client: { name: "a client", version: "1" },
    },
    callId: createId("call"),
    startedAt: now,
    expiresAt: new Date(now.getTime() + hourMs),
    waits: [],
    version: 1,
    replica: createId("replica"),
    use: { wallMs: 0, cpuMs: 0, passes: 1, calls: 0 },
  };
}

function callOf(target: string, seq: number): RunCall {
  return {
    seq,
    method: "tools/call",
    target,
    digest: seq.toString(16).padStart(64, "0"),
    occurrence: 0,
    class: "write",
    state: "done",
    callId: createId("call"),
    issuedAfter: seq,
    settledAs: seq + 1,
    settledAtMs: seq,
    durationMs: 2,
  };
}
