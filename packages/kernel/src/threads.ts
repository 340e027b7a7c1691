/**
 * Work on what strangers wrote, done in threads: what takes too long, takes too much memory or breaks its thread holds up nothing
 * but what waits for the same threads, and that not for long.
 */
import { once } from "node:events";
import { parentPort, Worker, type ResourceLimits } from "node:worker_threads";

export interface Threads<Asked, Told> extends AsyncDisposable {
  /**
   * What a thread made of it; one thing per thread at a time. Undefined: it took too long, the thread died of it, or the signal
   * was aborted before its turn came. Rejects where no thread can be started.
   */
  ask(asked: Asked, signal: AbortSignal): Promise<Told | undefined>;
}

export interface ThreadsOptions<Told> {
  /** A module that calls `serveThread`. */
  readonly script: URL;
  readonly maxThreads: number;
  /** For one piece of work, its waiting not counted. */
  readonly timeoutMs: number;
  readonly resourceLimits: ResourceLimits;
  readonly execArgv?: readonly string[];
  /** Whether the thread that said this is to be replaced. */
  readonly isSpent?: (told: Told) => boolean;
  /** How long a thread waits for more before it ends; without it, it stays. */
  readonly idleMs?: number;
}

/** Threads begin with the first work that needs them. None of them keeps the process alive unless it works. */
export function createThreads<Asked, Told>(options: ThreadsOptions<Told>): Threads<Asked, Told> {
  const { maxThreads, timeoutMs, isSpent = () => false, idleMs } = options;
  const all = new Set<Worker>();
  const idle: Worker[] = [];
  const waiting: (() => void)[] = [];

  async function take(): Promise<Worker> {
    while (idle.length === 0 && all.size >= maxThreads)
      await new Promise<void>((resolve) => void waiting.push(resolve));
    const known = idle.pop();
    if (known) return known;
    const worker = startThread(options);
    all.add(worker);
    await heard(worker).catch((error: unknown) => {
      giveBack(worker, false);
      throw error;
    });
    return worker;
  }

  function giveBack(worker: Worker, isUsable: boolean): void {
    worker.unref();
    if (isUsable) {
      idle.push(worker);
      if (idleMs !== undefined) endWhenIdle(worker, idleMs);
    } else end(worker);
    waiting.shift()?.();
  }

  function end(worker: Worker): void {
    all.delete(worker);
    void worker.terminate();
  }

  /** What was worked on leaves memory behind, which a thread that waits does not give back. */
  function endWhenIdle(worker: Worker, ms: number): void {
    const timer = setTimeout(() => {
      const index = idle.indexOf(worker);
      if (index === -1) return;
      idle.splice(index, 1);
      end(worker);
    }, ms);
    timer.unref();
    worker.once("message", () => clearTimeout(timer));
  }

  return {
    async ask(asked, signal) {
      const worker = await take();
      worker.ref();
      let isUsable = true;
      try {
        if (signal.aborted) return undefined;
        const told = (await answerOf(worker, asked, timeoutMs)) as Told | undefined;
        isUsable = told !== undefined && !isSpent(told);
        return told;
      } finally {
        giveBack(worker, isUsable);
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...all].map((worker) => worker.terminate()));
    },
  };
}

/** Said once, when a thread can work: the time for a piece of work does not begin before. */
const ready = "ready";

/** In the thread: answers each message with what `work` makes of it, which can be cloned. What it throws ends the thread. */
export function serveThread<Asked, Told>(work: (asked: Asked) => Told): void {
  const send = (told: unknown) => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- no window, no origin
    parentPort?.postMessage(told);
  };
  parentPort?.on("message", (asked: Asked) => send(work(asked)));
  send(ready);
}

function startThread({ script, resourceLimits, execArgv = [] }: ThreadsOptions<never>): Worker {
  const worker = new Worker(script, { env: {}, execArgv: [...execArgv], resourceLimits });
  // Whoever waits for it hears of it; one that fails when nobody does is no failure of the house.
  worker.on("error", () => undefined);
  return worker;
}

/** Undefined: the thread took too long, or died of it. */
async function answerOf(worker: Worker, asked: unknown, timeoutMs: number): Promise<unknown> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const told = heard(worker, timeout);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- no window, no origin
  worker.postMessage(asked);
  return told.catch(() => undefined);
}

/** The next message; rejects where the thread ends, or the time. */
async function heard(worker: Worker, timeout?: AbortSignal): Promise<unknown> {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(timeout ? [timeout] : [])]);
  const ended = once(worker, "exit", { signal }).then(() => Promise.reject(new Error("the thread ended")));
  const told = once(worker, "message", { signal }).then(([message]: unknown[]) => message);
  try {
    return await Promise.race([told, ended]);
  } finally {
    stop.abort();
    await Promise.allSettled([told, ended]);
  }
}
