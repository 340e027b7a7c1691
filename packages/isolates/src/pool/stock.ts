/**
 * The processes: fresh ones that nobody has used, kept ones that belong to an owner, and those that are starting. A process goes from
 * fresh to one owner and from there to its end; never back.
 */
import type { IsolateProcess } from "../process/isolate-process.ts";

export interface StockOptions {
  readonly start: () => Promise<IsolateProcess>;
  /** Fresh ones held ready. */
  readonly warm: number;
  /** Of all kinds; for one more, one that was kept has to go. */
  readonly maxProcesses: number;
  readonly idleMs: number;
  /** A process that grew by more, and did not give it back, is not used again. */
  readonly maxGrownMiB: number;
  readonly onError: (error: unknown) => void;
}

/** More at a time make each of them later. */
const startsAtATime = 4;
const firstRetryMs = 250;
const lastRetryMs = 30_000;
/** How often those that should rest are looked at. */
const restCheckMs = 250;

export class Stock implements AsyncDisposable {
  readonly #options: StockOptions;
  readonly #fresh: IsolateProcess[] = [];
  /** Oldest first. */
  readonly #kept = new Map<IsolateProcess, NodeJS.Timeout>();
  readonly #all = new Set<IsolateProcess>();
  /** Killed, and not yet gone. */
  readonly #ending = new Set<IsolateProcess>();
  readonly #waiting: PromiseWithResolvers<IsolateProcess>[] = [];
  readonly #starts = new Set<Promise<void>>();
  #retryMs = firstRetryMs;
  #retry: NodeJS.Timeout | undefined;
  #restCheck: NodeJS.Timeout | undefined;
  #isOver = false;
  started = 0;
  killed = 0;

  constructor(options: StockOptions) {
    this.#options = options;
    this.#fill();
  }

  get idle(): number {
    return this.#fresh.length + this.#kept.size;
  }

  get starting(): number {
    return this.#starts.size;
  }

  /** A process for this owner: one that it had, or a fresh one. `isWarm`: nothing had to start for it. Throws what kept one from starting. */
  async take(owner: string): Promise<{ readonly process: IsolateProcess; readonly isWarm: boolean }> {
    const ready = (await this.#takeKept(owner)) ?? this.#takeFresh();
    if (ready) {
      ready.owner = owner;
      return { process: ready, isWarm: true };
    }
    if (this.#isOver) throw new Error("The isolates are being closed.");
    const waiter = Promise.withResolvers<IsolateProcess>();
    this.#waiting.push(waiter);
    this.#fill();
    const process = await waiter.promise;
    process.owner = owner;
    return { process, isWarm: false };
  }

  /** Back from a run, for the next of its owner. */
  keep(process: IsolateProcess): void {
    if (this.#isOver || process.isEnding || this.#isTooBig(process)) return this.drop(process);
    process.rest();
    this.#restCheck ??= setInterval(() => this.#checkRest(), restCheckMs).unref();
    const timer = setTimeout(() => this.drop(process), this.#options.idleMs);
    timer.unref();
    this.#kept.set(process, timer);
  }

  /** Kills it. What is missing then is started. */
  drop(process: IsolateProcess): void {
    this.#kill(process);
    this.#fill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    clearTimeout(this.#retry);
    clearInterval(this.#restCheck);
    for (const timer of this.#kept.values()) clearTimeout(timer);
    for (const waiter of this.#waiting.splice(0)) waiter.reject(new Error("The isolates are being closed."));
    await Promise.all(this.#starts);
    await Promise.all([...this.#all, ...this.#ending].map((process) => process[Symbol.asyncDispose]()));
  }

  /** Nobody else looks at what a process does after its run: no limit of a run holds then. */
  #checkRest(): void {
    for (const process of this.#kept.keys())
      if (process.isRestless || this.#isTooBig(process)) this.drop(process);
    if (this.#kept.size > 0) return;
    clearInterval(this.#restCheck);
    this.#restCheck = undefined;
  }

  #isTooBig(process: IsolateProcess): boolean {
    return process.grownMiB > this.#options.maxGrownMiB;
  }

  #kill(process: IsolateProcess): void {
    clearTimeout(this.#kept.get(process));
    this.#kept.delete(process);
    this.#all.delete(process);
    this.#ending.add(process);
    if (!process.isEnding) this.killed += 1;
    process.kill();
  }

  async #takeKept(owner: string): Promise<IsolateProcess | undefined> {
    for (const process of [...this.#kept.keys()].toReversed()) {
      if (process.owner !== owner || !this.#kept.has(process)) continue;
      clearTimeout(this.#kept.get(process));
      this.#kept.delete(process);
      if (await process.isRested()) return process;
      this.drop(process);
    }
    return undefined;
  }

  #takeFresh(): IsolateProcess | undefined {
    const process = this.#fresh.shift();
    if (process) this.#fill();
    return process;
  }

  /** Starts what is missing: one for each that waits, and those that are to be ready. */
  #fill(): void {
    if (this.#isOver) return;
    const warm = this.#retry === undefined ? this.#options.warm : 0;
    const missing = this.#waiting.length + warm - this.#fresh.length - this.#starts.size;
    for (let count = Math.min(missing, startsAtATime - this.#starts.size); count > 0; count -= 1)
      this.#start();
  }

  #start(): void {
    const [oldest] = this.#kept.keys();
    if (oldest && this.#all.size + this.#starts.size >= this.#options.maxProcesses) this.#kill(oldest);
    const start = this.#options.start().then(
      (process) => this.#takeStarted(process),
      (error: unknown) => this.#takeFailure(error),
    );
    this.#starts.add(start);
    void start.finally(() => {
      this.#starts.delete(start);
      this.#fill();
    });
  }

  #takeStarted(process: IsolateProcess): void {
    this.started += 1;
    this.#retryMs = firstRetryMs;
    this.#all.add(process);
    void process.exited.then(() => this.#forget(process));
    const waiter = this.#waiting.shift();
    if (waiter) waiter.resolve(process);
    else this.#fresh.push(process);
  }

  /** Whoever waits is told; those that were to be ready are tried again later. */
  #takeFailure(error: unknown): void {
    if (this.#isOver) return;
    this.#options.onError(error);
    this.#waiting.shift()?.reject(error);
    if (this.#retry !== undefined) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#fill();
    }, this.#retryMs);
    this.#retry.unref();
    this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs);
  }

  #forget(process: IsolateProcess): void {
    this.#all.delete(process);
    this.#ending.delete(process);
    clearTimeout(this.#kept.get(process));
    this.#kept.delete(process);
    const at = this.#fresh.indexOf(process);
    if (at >= 0) this.#fresh.splice(at, 1);
    this.#fill();
  }
}
