/**
 * Runs code: begins runs, goes on with those that waited or whose replica is gone, and ends them. Of all replicas one works on a run at a
 * time, by its version; what another one took meanwhile it has taken with all that was committed, and this one commits nothing more.
 */
import type { ErrandState } from "@castellan/calls";
import { RowWaits } from "@castellan/database";
import { isFault, type Fault } from "@castellan/kernel";
import type { Replicas } from "@castellan/replicas";
import { runOutcomeUnknown, runTaken, runUnknown } from "../faults.ts";
import { loadCalls } from "../journal/call-table.ts";
import { isUnknown } from "../journal/journal.ts";
import type { EndedRun, Run, RunAnswer, RunCaller, RunWait } from "../run.ts";
import { begin, markTold } from "../runs/begin.ts";
import { claim, type ClaimedRun } from "../runs/claim.ts";
import { findRuns } from "../runs/reading.ts";
import { runsTopic } from "../runs/run-row.ts";
import { isOf } from "../runs/whose.ts";
import type { CodemodeSettings } from "../settings.ts";
import { Conclusion, leavesWaiting, WaitsAlready } from "./conclusion.ts";
import { runExpired } from "./faults.ts";
import { noBadEnds, Passes, type Exploring, type PassesOptions, type Seat } from "./passes.ts";
import { Presence } from "./presence.ts";
import type { PreparedCode } from "./prepared-code.ts";

export interface EngineOptions extends PassesOptions {
  readonly replicas: Pick<Replicas, "id" | "lapsed" | "isAlive" | "send" | "on">;
  /** Throws `code_invalid`, `code_too_large`. */
  readonly prepare: (run: Run, code: string, signal: AbortSignal) => Promise<PreparedCode>;
  /** Told what nobody waits for any more, and whose it was. */
  readonly letGo: (waits: readonly RunWait[], caller: RunCaller) => Promise<void>;
  readonly settings: CodemodeSettings;
  /** Told of each run that ended here. */
  readonly onEnded?: ((run: EndedRun) => void) | undefined;
  readonly onError: (error: unknown) => void;
}

/** Who goes on with a run, and how. */
export interface GoingOn {
  readonly caller: RunCaller;
  readonly portal: string;
  readonly signal: AbortSignal;
  seatOf(run: Run): Seat | Promise<Seat>;
  /** How each of these stands, in their order. */
  settled(waits: readonly RunWait[], run: Run): Promise<readonly ErrandState[]>;
}

/** So long is waited for whoever works on a run already. */
const followMs = 60_000;
/** How often a run may turn out to be another's in the moment at which it is taken. */
const maxTurns = 8;

export class Engine implements AsyncDisposable {
  readonly #options: EngineOptions;
  readonly #conclusion: Conclusion;
  readonly #waits: RowWaits<Run>;
  readonly #presence: Presence;
  readonly #passes: Passes;
  /** Runs that are gone on with here, from the moment at which they are taken; a promise of whether they were is over then. */
  readonly #taking = new Map<string, Promise<unknown>>();

  constructor(options: EngineOptions) {
    const { changes, database, onError } = options;
    this.#options = options;
    this.#conclusion = new Conclusion(options);
    this.#passes = new Passes(options, this.#conclusion);
    this.#presence = new Presence(options);
    this.#waits = new RowWaits<Run>({
      changes,
      topic: runsTopic,
      read: (ids) => findRuns(database, ids),
      isOver: ({ state }) => state !== "running",
      unknown: runUnknown,
      pollEveryMs: 2_000,
      onError,
    });
  }

  /** Whether this process works on it. */
  hasUnderWay(id: string): boolean {
    return this.#passes.has(id) || this.#taking.has(id);
  }

  /**
   * Runs code, or goes on with the run of the same code that waits or was interrupted. Throws `code_invalid`, `code_too_large`, `isolates_busy` and the like,
   * `run_taken`, and why the signal aborted; what code itself comes to is in the answer.
   */
  async begin(run: Run, text: string, going: GoingOn): Promise<RunAnswer> {
    const { prepare } = this.#options;
    const code = await prepare(run, text, going.signal);
    const seat = await going.seatOf(run);
    const begun = this.#putDown(run, text, going.signal);
    // Whoever is interrupted before it is awaited fails with why.
    begun.catch(() => {});
    try {
      const { signal } = going;
      return await this.#passes.work({ run, code, recorded: [], begun, badEnds: noBadEnds, signal }, seat);
    } catch (error) {
      if (error instanceof WaitsAlready) return this.goOn(error.run, going);
      // This replica was taken for dead: who has the run by now comes to its end.
      if (isFault(error, "run_taken")) return this.goOn(run.id, going);
      throw error;
    }
  }

  /** Runs code that makes no calls: it is on record when it is over. */
  async explore(run: Run, text: string, exploring: Exploring): Promise<RunAnswer> {
    const code = await this.#options.prepare(run, text, exploring.signal);
    return this.#passes.explore({ run, code, text, ...exploring });
  }

  /**
   * Goes on with a run that waits, takes over one whose replica is gone, waits for one that somebody works on, or tells what came of it.
   * Throws `run_unknown`, `run_taken`, `run_expired`, `run_cancelled`, `run_result_gone`, and what `begin` does.
   */
  async goOn(id: string, going: GoingOn): Promise<RunAnswer> {
    for (let turn = 0; turn < maxTurns; turn++) {
      const [seen] = await findRuns(this.#options.database, [id]);
      if (!seen || !isOf(seen, going)) throw runUnknown();
      if (isOver(seen)) return this.#tell(await this.#conclusion.answerOf(seen));
      if (await this.#isWorkedOn(seen)) {
        const after = await this.#waits.wait(seen.id, { signal: going.signal, timeoutMs: followMs });
        if (after.state === "running") throw runTaken(id);
        continue;
      }
      const answer = await this.#proceed(seen, going);
      if (answer) return this.#tell(answer);
    }
    throw runTaken(id);
  }

  /**
   * Goes on with a run that nobody asked for, if there is something to do. One that was interrupted, and may not go on without its caller,
   * waits for them.
   */
  async goOnUnasked(id: string, going: Omit<GoingOn, "caller" | "portal">): Promise<void> {
    const [seen] = await findRuns(this.#options.database, [id]);
    if (!seen || isOver(seen) || (await this.#isWorkedOn(seen))) return;
    try {
      const seat = await going.seatOf(seen);
      await this.#proceed(seen, { ...going, seatOf: () => seat });
    } catch (error) {
      if (seen.state === "running") await this.#letWait(seen);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#presence[Symbol.dispose]();
    await Promise.allSettled([this.#passes[Symbol.asyncDispose](), this.#waits[Symbol.asyncDispose]()]);
  }

  /** Throws `WaitsAlready`, why the signal aborted, and what the database does. */
  async #putDown(run: Run, code: string, asked: AbortSignal): Promise<void> {
    const { database, vault, replicas } = this.#options;
    const signal = AbortSignal.any([asked, this.#passes.closing, replicas.lapsed]);
    for (const living = [replicas.id as string]; ;) {
      const same = await begin(database, vault, { run, code, living });
      if (!same) return;
      const { id, isUntold, replica } = same;
      if (isUntold || replica === null || !(await this.#presence.lives(replica, signal)))
        throw new WaitsAlready(id);
      living.push(replica);
      signal.throwIfAborted();
    }
  }

  /** Undefined: it is somebody else's by now. */
  async #proceed(
    seen: Run,
    going: Pick<GoingOn, "signal" | "seatOf" | "settled">,
  ): Promise<RunAnswer | undefined> {
    const { clock } = this.#options;
    const { id: run, state, waits, expiresAt } = seen;
    if (state === "paused" && expiresAt.getTime() <= clock.now()) throw runExpired();
    const states = await going.settled(waits, seen);
    const isWaiting = waits.length > 0 && states.every((one) => one === "pending");
    if (state === "paused" && isWaiting) return { run, logs: [], status: "paused", waits, expiresAt };
    return this.#take(seen, (claimed) => this.#resume(claimed, badEndsOf(waits, states), going));
  }

  /** Of several that come for it here at the same time one takes it. */
  async #take(seen: Run, goOn: (claimed: ClaimedRun) => Promise<RunAnswer>): Promise<RunAnswer | undefined> {
    const { database, vault, replicas } = this.#options;
    const other = this.#taking.get(seen.id);
    if (other) return void (await other);
    const taking = claim(database, vault, { seen, replica: replicas.id });
    this.#taking.set(seen.id, Promise.allSettled([taking]));
    try {
      const claimed = await taking;
      return claimed && (await this.#passes.track(goOn(claimed)));
    } finally {
      this.#taking.delete(seen.id);
    }
  }

  async #resume(
    { run, code: text }: ClaimedRun,
    badEnds: ReadonlyMap<string, Fault>,
    { signal, seatOf }: Pick<GoingOn, "signal" | "seatOf">,
  ): Promise<RunAnswer> {
    const { database, vault, prepare } = this.#options;
    const recorded = await loadCalls(database, vault, run.id);
    const unknown = recorded.filter(isUnknown);
    if (unknown.length > 0) return this.#conclusion.fail(run, runOutcomeUnknown(unknown));
    const letWait = async (error: unknown): Promise<never> => {
      await this.#conclusion.letWait(run);
      throw error;
    };
    // Where nothing could be begun, nothing went wrong with the run itself: it waits on as it did.
    const [code, seat] = await Promise.all([prepare(run, text, signal), seatOf(run)]).catch(letWait);
    const work = { run, code, recorded, begun: Promise.resolve(), badEnds, signal };
    return this.#passes
      .work(work, seat)
      .catch((error: unknown) =>
        isFault(error) && leavesWaiting(error) ? letWait(error) : Promise.reject(error),
      );
  }

  /** To its caller. */
  async #tell(answer: RunAnswer): Promise<RunAnswer> {
    if (answer.status !== "paused") await markTold(this.#options.database, answer.run);
    return answer;
  }

  async #letWait(seen: Run): Promise<void> {
    const { database, vault, replicas } = this.#options;
    const claimed = await claim(database, vault, { seen, replica: replicas.id });
    if (claimed) await this.#conclusion.letWait(claimed.run);
  }

  /** By a replica that lives: of this one, only what it knows of. */
  async #isWorkedOn({ id, state, replica = "" }: Run): Promise<boolean> {
    const { replicas } = this.#options;
    if (state !== "running") return false;
    if (replica !== replicas.id) return replicas.isAlive(replica);
    return this.hasUnderWay(id);
  }
}

function badEndsOf(waits: readonly RunWait[], states: readonly ErrandState[]): ReadonlyMap<string, Fault> {
  return new Map(
    waits.flatMap(({ id }, at) => {
      const state = states[at];
      return isFault(state) ? [[id, state] as const] : [];
    }),
  );
}

function isOver({ state }: Run): boolean {
  return state !== "running" && state !== "paused";
}
