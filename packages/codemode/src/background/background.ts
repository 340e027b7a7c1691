/**
 * What nobody waits for: runs that were decided on go on, those whose replica is gone are taken over, and time does to runs what it does.
 * Every replica does it; of several at the same run one gets it.
 *
 * A run becomes due when somebody hears of a decision, or of a run that has begun to wait for what is decided already; what nobody heard of is
 * found by looking at all that wait, a page at a time. Due runs go on by turns of their callers: who has thousands keeps nobody waiting.
 */
import type { ErrandState } from "@castellan/calls";
import type { ChangeFeed, Database } from "@castellan/database";
import { isFault, kernelFaults, type Clock } from "@castellan/kernel";
import type { Replicas } from "@castellan/replicas";
import type { Engine } from "../engine/engine.ts";
import type { Seat } from "../engine/passes.ts";
import type { Run, RunCaller, RunWait } from "../run.ts";
import { runsTopic } from "../runs/run-row.ts";
import { sweepRuns } from "../runs/sweep.ts";
import type { CodemodeSettings } from "../settings.ts";
import {
  markAbandoned,
  markDecided,
  markLost,
  pages,
  pageSize,
  runsOf,
  runsWaitingFor,
  takeDue,
  waitingAmong,
  waitingRuns,
  workingReplicas,
  type DueRun,
  type WaitingRun,
} from "./due-runs.ts";

export interface BackgroundOptions {
  readonly engine: Engine;
  readonly database: Database;
  readonly clock: Clock;
  /** Topics `approvals`, `links` and `codemode_runs`, keys are ids. */
  readonly changes: Pick<ChangeFeed, "on">;
  readonly replicas: Pick<Replicas, "id" | "isAlive">;
  /** By what a run goes on as its own caller. Throws why they are let in no more. */
  readonly seatOf: (run: Run, signal: AbortSignal) => Promise<Seat>;
  /** The ids of those that nobody has to see to any more: one look-up for all of them. */
  readonly seenTo: (waits: readonly RunWait[]) => Promise<ReadonlySet<string>>;
  readonly settled: (
    waits: readonly RunWait[],
    caller: RunCaller,
    signal: AbortSignal,
  ) => Promise<readonly ErrandState[]>;
  readonly letGo: (waits: readonly RunWait[], caller: RunCaller) => Promise<void>;
  readonly settings: CodemodeSettings;
  readonly onError: (error: unknown) => void;
}

/** Runs that go on at a time: those that somebody waits for come first. */
const maxAtOnce = 4;
/** So that a place is left for others. */
const maxOfOne = 2;
const timersAreEarlyMs = 5;

export class Background implements AsyncDisposable {
  readonly #options: BackgroundOptions;
  readonly #over = new AbortController();
  readonly #cleanup = new DisposableStack();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #underWay = new Map<Promise<void>, DueRun>();
  #sweeping: Promise<void> | undefined;
  #filling: Promise<void> | undefined;
  #isToFillAgain = false;
  /** The last run that was looked at of all that wait. */
  #lookedAt = "";
  /** The last caller who had a turn. */
  #lastTurn = "";

  constructor(options: BackgroundOptions) {
    this.#options = options;
    const { changes, database, settings } = options;
    for (const topic of ["approvals", "links"])
      this.#listen(changes, topic, (ids) => pages((after) => runsWaitingFor(database, ids, after)));
    // It may have been decided while the run was on its way to wait for it.
    this.#listen(changes, runsTopic, async function* (ids) {
      yield await waitingAmong(database, ids);
    });
    const timer = setInterval(() => this.sweep(), settings.sweepEveryMs);
    timer.unref();
    this.#cleanup.defer(() => clearInterval(timer));
  }

  /** Does what is due, and looks at the next page of all runs that wait. */
  sweep(): Promise<void> {
    this.#sweeping ??= this.#sweep()
      .catch(this.#options.onError)
      .finally(() => (this.#sweeping = undefined));
    return this.#sweeping;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cleanup.dispose();
    // What is under way is left to whoever takes it: it has not failed.
    this.#over.abort(kernelFaults.fault("shutting_down", "This replica is stopping"));
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#sweeping;
    await this.#filling;
    await Promise.allSettled(this.#underWay.keys());
  }

  #listen(
    changes: BackgroundOptions["changes"],
    topic: string,
    runs: (ids: readonly string[]) => AsyncIterable<readonly WaitingRun[]>,
  ): void {
    const stop = changes.on(topic, async (ids) => {
      // What was not told is looked for from the beginning.
      if (ids === "all") this.#lookedAt = "";
      else for await (const page of runs(ids)) await this.#findDecided(page);
    });
    this.#cleanup.defer(stop);
  }

  /** Whoever waits for one goes on with it at once; if nobody does, it is gone on with here a little later. */
  async #findDecided(runs: readonly WaitingRun[]): Promise<void> {
    if (runs.length === 0) return;
    const { database, clock, seenTo, settings } = this.#options;
    const over = await seenTo(runs.flatMap(({ waits }) => waits));
    const decided = runs.filter(({ waits }) => waits.some(({ id }) => over.has(id)));
    if (decided.length === 0) return;
    const { goOnAfterMs } = settings;
    await markDecided(
      database,
      decided.map(({ id }) => id),
      new Date(clock.now() + goOnAfterMs),
    );
    if (this.#over.signal.aborted) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.#fill();
    }, goOnAfterMs + timersAreEarlyMs);
    timer.unref();
    this.#timers.add(timer);
  }

  async #sweep(): Promise<void> {
    const { database, letGo, settings } = this.#options;
    for (const { waits, caller } of await sweepRuns({ ...this.#options, keptMs: settings.keptMs }))
      await letGo(waits, caller).catch(this.#options.onError);
    await this.#findAbandoned();
    const page = await waitingRuns(database, this.#lookedAt);
    this.#lookedAt = page.length < pageSize ? "" : (page.at(-1)?.id ?? "");
    await this.#findDecided(page);
    await this.#fill();
  }

  /** Those of replicas that are gone, and of this one what it knows nothing of. */
  async #findAbandoned(): Promise<void> {
    const { database, clock, engine, replicas } = this.#options;
    const dueAt = new Date(clock.now());
    const working = await workingReplicas(database);
    const others = working.filter((id) => id !== replicas.id);
    const lives = await Promise.all(others.map((id) => replicas.isAlive(id)));
    const gone = others.filter((_, at) => !lives[at]);
    if (gone.length > 0) await markAbandoned(database, gone, dueAt);
    if (!working.includes(replicas.id)) return;
    const ids = (await runsOf(database, replicas.id)).filter((id) => !engine.hasUnderWay(id));
    if (ids.length > 0) await markLost(database, { ids, replica: replicas.id, dueAt });
  }

  /** Gives free places to due runs. */
  #fill(): Promise<void> {
    this.#isToFillAgain = true;
    this.#filling ??= this.#fillWhileAsked()
      .catch(this.#options.onError)
      .finally(() => (this.#filling = undefined));
    return this.#filling;
  }

  async #fillWhileAsked(): Promise<void> {
    while (this.#isToFillAgain) {
      this.#isToFillAgain = false;
      await this.#fillPlaces();
    }
  }

  async #fillPlaces(): Promise<void> {
    const { database, clock, settings } = this.#options;
    while (!this.#over.signal.aborted) {
      const limit = maxAtOnce - this.#underWay.size;
      if (limit <= 0) return;
      const nowMs = clock.now();
      const turn = { now: new Date(nowMs), againAt: new Date(nowMs + settings.againAfterMs), limit };
      const taken = await takeDue(database, { ...turn, after: this.#lastTurn, busy: this.#busy() });
      for (const run of taken) this.#start(run);
      if (taken.length === 0 && this.#lastTurn === "") return;
      this.#lastTurn = taken.at(-1)?.principalId ?? "";
    }
  }

  #busy(): string[] {
    const running = new Map<string, number>();
    for (const { principalId } of this.#underWay.values())
      running.set(principalId, (running.get(principalId) ?? 0) + 1);
    return [...running].flatMap(([id, count]) => (count >= maxOfOne ? [id] : []));
  }

  #start(run: DueRun): void {
    const work = this.#goOn(run.id)
      .catch((error: unknown) => {
        // Somebody else has it, it is over, or its caller is let in no more: it is for nobody to mend.
        if (!isFault(error)) this.#options.onError(error);
      })
      .finally(() => {
        this.#underWay.delete(work);
        void this.#fill();
      });
    this.#underWay.set(work, run);
  }

  async #goOn(id: string): Promise<void> {
    const { engine, seatOf, settled } = this.#options;
    const { signal } = this.#over;
    await engine.goOnUnasked(id, {
      signal,
      seatOf: (run) => seatOf(run, signal),
      settled: (waits, { caller }) => settled(waits, caller, signal),
    });
  }
}
