/** Runs programs as places become free: so many at a time, so many of one owner, owners in turns. */
import { rm } from "node:fs/promises";

import type { Fault } from "@castellan/kernel";

import { isolateFaults } from "../faults.ts";
import type { ContainmentReport, Isolates, IsolateStats, RunOptions } from "../isolates.ts";
import { narrowed } from "../limits.ts";
import type { IsolateProcess } from "../process/isolate-process.ts";
import type { ProcessLimits, Program, RunEnd, RunLimits } from "../program.ts";
import { runOn } from "../run/run.ts";
import { createWatch } from "../run/watch.ts";
import type { Stock } from "./stock.ts";
import { Turns } from "./turns.ts";

export interface PoolOptions {
  /** Removed with the pool. */
  readonly folder: string;
  /** Where processes come from; a fault where none can be had. */
  readonly stock: Stock | Fault;
  readonly harness: string;
  readonly containment: ContainmentReport;
  readonly maxRunning: number;
  readonly maxRunningPerOwner: number;
  readonly maxWaiting: number;
  readonly runsPerProcess: number;
  readonly runLimits: RunLimits;
  readonly processLimits: ProcessLimits;
}

export class Pool implements Isolates {
  readonly containment: ContainmentReport;
  readonly #options: PoolOptions;
  readonly #turns = new Turns<() => void>();
  readonly #running = new Map<string, number>();
  readonly #watch = createWatch();
  readonly #over = new AbortController();
  readonly #runs = new Set<Promise<unknown>>();
  #busy = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.containment = options.containment;
  }

  get stats(): IsolateStats {
    const { stock } = this.#options;
    const processes = stock instanceof Error ? { idle: 0, starting: 0, started: 0, killed: 0 } : stock;
    const { idle, starting, started, killed } = processes;
    return { idle, starting, started, killed, busy: this.#busy, waiting: this.#turns.size };
  }

  async run(program: Program, options: RunOptions): Promise<RunEnd> {
    const { stock } = this.#options;
    if (stock instanceof Error) throw stock;
    const signal = AbortSignal.any([options.signal, this.#over.signal]);
    signal.throwIfAborted();
    const run = this.#run(stock, program, { ...options, signal });
    this.#runs.add(run);
    try {
      return await run;
    } finally {
      this.#runs.delete(run);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort(isolateFaults.fault("isolates_unavailable", "The isolates are being closed."));
    const { stock } = this.#options;
    await Promise.all([
      stock instanceof Error ? undefined : stock[Symbol.asyncDispose](),
      Promise.allSettled(this.#runs),
    ]);
    this.#watch[Symbol.dispose]();
    await rm(this.#options.folder, { recursive: true, force: true });
  }

  async #run(stock: Stock, program: Program, options: RunOptions): Promise<RunEnd> {
    const askedAt = performance.now();
    await this.#enter(program.owner, options.signal);
    try {
      const { process, isWarm } = await this.#take(stock, program.owner, options.signal);
      const { harness, processLimits, runLimits } = this.#options;
      const limits = narrowed(runLimits, program.limits);
      const waitedMs = performance.now() - askedAt;
      let end: RunEnd | undefined;
      try {
        end = await runOn(process, program, {
          ...options,
          harness,
          limits,
          processLimits,
          watch: this.#watch,
          isWarm,
          waitedMs,
        });
        return end;
      } finally {
        this.#giveBack(stock, process, end);
      }
    } finally {
      this.#leave(program.owner);
    }
  }

  /** Waits for a place. */
  async #enter(owner: string, signal: AbortSignal): Promise<void> {
    // Who waits while there are places waits for one of its own owner: nobody is overtaken.
    if (this.#mayRun(owner)) return this.#count(owner, 1);
    const { maxWaiting } = this.#options;
    if (this.#turns.size >= maxWaiting || this.#turns.sizeOf(owner) >= Math.ceil(maxWaiting / 2)) {
      throw isolateFaults.fault("isolates_busy", "Too many programs wait to run.");
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = (): void => {
      this.#turns.remove(owner, resolve);
      reject(signal.reason);
    };
    this.#turns.add(owner, resolve);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      await promise;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  #leave(owner: string): void {
    this.#count(owner, -1);
    this.#callNext();
  }

  #callNext(): void {
    while (this.#busy < this.#options.maxRunning) {
      let called: string | undefined;
      const enter = this.#turns.next((owner) => {
        called = owner;
        return this.#mayRun(owner);
      });
      if (enter === undefined || called === undefined) return;
      this.#count(called, 1);
      enter();
    }
  }

  #mayRun(owner: string): boolean {
    return (
      this.#busy < this.#options.maxRunning &&
      (this.#running.get(owner) ?? 0) < this.#options.maxRunningPerOwner
    );
  }

  #count(owner: string, by: number): void {
    this.#busy += by;
    const running = (this.#running.get(owner) ?? 0) + by;
    if (running === 0) this.#running.delete(owner);
    else this.#running.set(owner, running);
  }

  /** A process, also when the caller no longer waits for one that is only starting: that one is for whoever comes next. */
  async #take(stock: Stock, owner: string, signal: AbortSignal): ReturnType<Stock["take"]> {
    const taken = stock.take(owner).catch((cause: unknown) => {
      throw isolateFaults.fault("isolates_unavailable", "No process could be started for the program.", {
        cause,
      });
    });
    const { promise, reject } = Promise.withResolvers<never>();
    const onAbort = (): void => {
      void taken.then(
        ({ process }) => this.#giveBack(stock, process, undefined),
        () => undefined,
      );
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await Promise.race([taken, promise]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** It serves on only if its program came to an end of its own. */
  #giveBack(stock: Stock, process: IsolateProcess, end: RunEnd | undefined): void {
    process.runs += 1;
    const isFit =
      (end?.kind === "returned" || end?.kind === "threw") && process.runs < this.#options.runsPerProcess;
    if (isFit) stock.keep(process);
    else stock.drop(process);
  }
}
