/** Keeps PostgreSQL running: what to do when it ends by itself. */
import { setTimeout as delay } from "node:timers/promises";
import { isStillInUse } from "./failures.ts";
import { stopLeftovers } from "./leftovers.ts";
import { type Postmaster, type PostmasterOptions, startPostmaster } from "./postmaster.ts";

const firstRestartMs = 100;
const slowestRestartMs = 10_000;
/** How long processes of an earlier PostgreSQL may take to end. */
const leaveMs = 10_000;

/** Keeps one postmaster running: started again when it ends, ever more slowly while that fails. */
export class Supervisor {
  readonly #options: Omit<PostmasterOptions, "signal">;
  readonly #stopping = new AbortController();
  #postmaster: Postmaster | undefined;
  #watching: Promise<void> = Promise.resolve();
  #problem: string | undefined = "PostgreSQL is starting";

  constructor(options: Omit<PostmasterOptions, "signal">) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#postmaster?.pid;
  }

  get problem(): string | undefined {
    return this.#problem;
  }

  async start(signal: AbortSignal | undefined): Promise<void> {
    await this.#runFirst(
      signal === undefined ? this.#stopping.signal : AbortSignal.any([signal, this.#stopping.signal]),
    );
    this.#watching = this.#watch();
  }

  /** The first start, again while processes of the one before are still ending unseen by `stopLeftovers`. */
  async #runFirst(signal: AbortSignal): Promise<void> {
    for (let waitedMs = 0; ; waitedMs += firstRestartMs) {
      try {
        await this.#run(signal);
        return;
      } catch (error) {
        if (!isStillInUse(error) || waitedMs >= leaveMs) throw error;
        await delay(firstRestartMs, undefined, { signal });
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#postmaster?.stop();
    await this.#watching;
  }

  async #run(signal: AbortSignal): Promise<void> {
    this.#postmaster = await startPostmaster({ ...this.#options, signal });
    this.#problem = undefined;
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopping;
    let delayMs = firstRestartMs;
    while (!signal.aborted) {
      const postmaster = this.#postmaster;
      if (postmaster !== undefined) {
        const how = await postmaster.ended;
        this.#postmaster = undefined;
        if (signal.aborted) return;
        this.#report(`PostgreSQL ended (${how}); it is started again`);
      }
      await delay(delayMs, undefined, { signal }).catch(() => {});
      try {
        signal.throwIfAborted();
        await stopLeftovers(this.#options.clusterDir, this.#options.log);
        await this.#run(signal);
        delayMs = firstRestartMs;
      } catch (error) {
        if (signal.aborted) return;
        this.#report((error as Error).message);
        delayMs = Math.min(delayMs * 2, slowestRestartMs);
      }
    }
  }

  #report(problem: string): void {
    this.#problem = problem;
    this.#options.log(problem);
  }
}
