/** What becomes of a run after a pass: it waits, it ends, or it is left to whoever can go on with it. */
import type { RunEnd } from "@castellan/isolates";
import { isFault, kernelFaults, type Fault, type Id } from "@castellan/kernel";
import { codemodeFaults } from "../faults.ts";
import type { Journal } from "../journal/journal.ts";
import type { Run, RunAnswer, RunCall, RunEnding } from "../run.ts";
import { end, recordEnded, type Ending } from "../runs/end.ts";
import { park } from "../runs/park.ts";
import { findEnding, findRuns } from "../runs/reading.ts";
import { endingOf, failure } from "./ending.ts";
import type { EngineOptions } from "./engine.ts";
import { runCancelled, runExpired } from "./faults.ts";

/** Says to a pass that the same code waits already. */
export class WaitsAlready extends Error {
  readonly run: Id<"run">;

  constructor(run: Id<"run">) {
    super("the same code waits already");
    this.run = run;
  }
}

interface Worked {
  readonly run: Run;
  readonly journal: Journal;
}

export class Conclusion {
  readonly #options: EngineOptions;

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  /** Of a pass that came to its end. Faults: `run_taken`, `runs_limited`. */
  async conclude({ run, journal, ended, module }: Worked & Ended): Promise<RunAnswer> {
    const ending = endingOf(ended, module);
    if (!ending) return this.#park({ run, journal }, ended);
    // What was done before and not asked for again was done by code that said something else.
    if (ending.status === "completed") journal.assertSame();
    const calls = await journal.rest();
    await this.#end(run, this.#endOf(ending, ended, { calls, callCount: journal.callCount }));
    this.#letGo(run, journal);
    return { run: run.id, logs: ended.logs, ...ending };
  }

  /** Of code that made no calls. */
  async record({
    run,
    code,
    ended,
    module,
  }: { readonly run: Run; readonly code: string } & Ended): Promise<RunAnswer> {
    const ending = endingOf(ended, module) ?? { status: "completed", text: undefined };
    const all = this.#endOf(ending, ended, { calls: [], callCount: 0 });
    await recordEnded(this.#options, { run, code }, all);
    this.#tell(run, all);
    return { run: run.id, logs: ended.logs, ...ending };
  }

  /**
   * Of a pass that came to none: the run fails with why, unless it is another's by now, or can be gone on with from what is committed.
   * Throws what is not the run's own failure.
   */
  async giveUp({ run, journal }: Worked, error: unknown): Promise<RunAnswer> {
    const why = isFault(error)
      ? error
      : kernelFaults.fault("internal_error", "Something went wrong here", { cause: error });
    if (why.code === "run_taken" || why.code === "run_cancelled") return this.#lost({ run, journal }, why);
    if (leavesRun(why) || (leavesWaiting(why) && run.use.passes > 1)) throw error;
    const calls = await journal.rest().catch(() => []);
    const answer = await this.fail(run, why, { calls, callCount: journal.callCount });
    this.#letGo(run, journal);
    if (!isOfRun.has(why.code)) throw error;
    return answer;
  }

  /** Fault: `run_taken`. */
  async fail(
    run: Run,
    why: Fault,
    { calls, callCount }: Pick<Ending, "calls" | "callCount"> = { calls: [], callCount: run.use.calls },
  ): Promise<RunAnswer> {
    const ending = failure(why);
    const ended = this.#endOf(ending, { logs: [], use: noUse }, { calls, callCount });
    await this.#end(run, why.code === "cancelled" ? { ...ended, state: "cancelled" } : ended);
    return { run: run.id, logs: [], ...ending };
  }

  /** A run that could not be gone on with waits as it did; one that nobody else may go on with, for its caller. Fault: `run_taken`. */
  async letWait(run: Run): Promise<void> {
    const { waits, use } = run;
    // Until then and no longer: whoever tries again and again does not keep it waiting.
    const expiresAt = waits.length > 0 ? run.expiresAt : this.#waitsUntil();
    const { clock, settings } = this.#options;
    const dueAt = waits.length > 0 ? new Date(clock.now() + settings.againAfterMs) : undefined;
    const parking = { waits, calls: [], callCount: use.calls, expiresAt, use: noUse, dueAt };
    await park(this.#options, run, { ...parking, maxPaused: Number.MAX_SAFE_INTEGER });
  }

  /** What a run that has ended came to, for its caller. Throws `run_expired`, `run_cancelled`, `run_result_gone`. */
  async answerOf({ id, state, outcome, expiresAt }: Run): Promise<RunAnswer> {
    const { database, vault, clock } = this.#options;
    if (state === "expired") throw runExpired();
    if (state === "cancelled") throw runCancelled();
    const { ending, logs } = await findEnding(database, vault, id);
    const isKept = state !== "completed" || expiresAt.getTime() > clock.now();
    if (ending && isKept) return { run: id, logs, ...ending };
    const code = outcome?.kind === "failed" ? outcome.code : "run_result_gone";
    throw codemodeFaults.fault("run_result_gone", `What became of the run is kept no more (${code})`);
  }

  async #end(run: Run, ending: Ending): Promise<void> {
    await end(this.#options, run, ending);
    this.#tell(run, ending);
  }

  #tell({ id, portal, tool, room }: Run, { ending, state, use, callCount: calls }: Ending): void {
    const code = ending.status === "failed" ? ending.code : undefined;
    const server = room.kind === "api" ? room.server : undefined;
    this.#options.onEnded?.({ id, portal, tool, server, state, code, ...use, calls });
  }

  async #park({ run, journal }: Worked, { logs, use }: RunEnd): Promise<RunAnswer> {
    const { waits, callCount } = journal;
    const expiresAt = this.#waitsUntil();
    const calls = await journal.rest();
    const { maxPaused } = this.#options.settings;
    await park(this.#options, run, { waits, calls, callCount, expiresAt, use, maxPaused });
    return { run: run.id, logs, status: "paused", waits, expiresAt };
  }

  /** Taken by another replica, or ended by its caller. */
  async #lost({ run, journal }: Worked, why: Fault): Promise<RunAnswer> {
    const [now] = await findRuns(this.#options.database, [run.id]);
    if (now?.state !== "cancelled") throw why;
    this.#letGo(run, journal);
    return { run: run.id, logs: [], ...failure(runCancelled()) };
  }

  /** Nobody is to decide on what nobody waits for. */
  #letGo({ caller }: Run, { waits }: Journal): void {
    if (waits.length > 0) this.#options.letGo(waits, caller).catch(this.#options.onError);
  }

  #waitsUntil(): Date {
    const { clock, settings } = this.#options;
    return new Date(clock.now() + settings.waitMs);
  }

  #endOf(
    ending: RunEnding,
    { logs, use }: Pick<Ending, "logs" | "use">,
    { calls, callCount }: { readonly calls: readonly RunCall[]; readonly callCount: number },
  ): Ending {
    const { clock, settings } = this.#options;
    const nowMs = clock.now();
    const [endedAt, expiresAt] = [new Date(nowMs), new Date(nowMs + settings.resultMs)];
    return { ending, state: ending.status, endedAt, expiresAt, logs, calls, callCount, use };
  }
}

interface Ended {
  readonly ended: RunEnd;
  /** Of the program. */
  readonly module: string;
}

const noUse = Object.freeze({ wallMs: 0, cpuMs: 0 });

/** What is committed is there for whoever takes the run: this process writes nothing more. */
function leavesRun({ code }: Fault): boolean {
  return code === "replica_gone" || code === "shutting_down" || code.startsWith("database_");
}

/** Nothing could be begun: a run that waited goes on waiting. */
export function leavesWaiting({ code }: Fault): boolean {
  return (
    code === "isolates_busy" || code === "isolates_unavailable" || code === "isolate_containment_missing"
  );
}

/** What a run itself came to, rather than the call that it was made by. */
const isOfRun: ReadonlySet<string> = new Set(["run_diverged", "run_outcome_unknown", "runs_limited"]);
