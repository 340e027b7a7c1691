/**
 * Waiting for the end of something durable that a row stands for: told by the change log, whoever made the change, and
 * looked at now and then besides, since nobody says that time is over.
 */
import { kernelFaults } from "@castellan/kernel";
import type { ChangeFeed } from "./change-feed.ts";

export interface RowWaitsOptions<Row extends { readonly id: string }> {
  readonly changes: Pick<ChangeFeed, "on">;
  /** Under which changes of the rows are told; keys are their ids. */
  readonly topic: string;
  /** Those of these that there are, as they are at this moment, in any order. */
  readonly read: (ids: readonly Row["id"][]) => Promise<readonly Row[]>;
  readonly isOver: (row: Row) => boolean;
  /** What whoever waits for a row that is not there is told. */
  readonly unknown: () => Error;
  /** How often rows that somebody waits for are looked at though no change was told. */
  readonly pollEveryMs: number;
  /** Told when looking now and then fails; it goes on. */
  readonly onError: (error: unknown) => void;
}

export interface RowWait {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

interface Waiter<Row> {
  /** Called with what the row is now; undefined: it is gone. */
  readonly look: (row: Row | undefined) => void;
  readonly fail: (error: Error) => void;
}

export class RowWaits<Row extends { readonly id: string }> implements AsyncDisposable {
  readonly #options: RowWaitsOptions<Row>;
  readonly #waiters = new Map<Row["id"], Set<Waiter<Row>>>();
  readonly #stopListening: () => void;
  readonly #timer: NodeJS.Timeout;
  #polling: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: RowWaitsOptions<Row>) {
    this.#options = options;
    this.#stopListening = options.changes.on(options.topic, (keys) =>
      this.#look(keys === "all" ? [...this.#waiters.keys()] : (keys as readonly Row["id"][])),
    );
    this.#timer = setInterval(() => {
      this.#polling ??= this.#look([...this.#waiters.keys()])
        .catch(options.onError)
        .finally(() => (this.#polling = undefined));
    }, options.pollEveryMs);
    this.#timer.unref();
  }

  /**
   * The row once it is over, or as it is when the time is. Throws the signal's reason; what `unknown` says and what `read`
   * throws; `shutting_down` when this replica stops.
   */
  async wait(id: Row["id"], { signal, timeoutMs }: RowWait): Promise<Row> {
    signal.throwIfAborted();
    if (this.#isClosed) throw stopping();
    const { isOver, unknown } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<Row>();
    let isLate = false;
    const waiter: Waiter<Row> = {
      look: (row) => {
        if (row === undefined) reject(unknown());
        else if (isLate || isOver(row)) resolve(row);
      },
      fail: reject,
    };
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener("abort", abort);
    const others = this.#waiters.get(id) ?? new Set();
    this.#waiters.set(id, others.add(waiter));
    const look = () => {
      this.#look([id]).catch(reject);
    };
    const timer = setTimeout(() => {
      isLate = true;
      look();
    }, timeoutMs);
    try {
      // What is there now, read after it is listened for.
      look();
      return await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      others.delete(waiter);
      if (others.size === 0 && this.#waiters.get(id) === others) this.#waiters.delete(id);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#stopListening();
    clearInterval(this.#timer);
    for (const waiters of this.#waiters.values()) for (const { fail } of waiters) fail(stopping());
    await this.#polling;
  }

  async #look(ids: readonly Row["id"][]): Promise<void> {
    const awaited = ids.filter((id) => this.#waiters.has(id));
    if (awaited.length === 0) return;
    const found = await this.#options.read(awaited);
    const byId = new Map(found.map((row) => [row.id, row]));
    for (const id of awaited) for (const { look } of this.#waiters.get(id) ?? []) look(byId.get(id));
  }
}

function stopping(): Error {
  return kernelFaults.fault("shutting_down", "This replica is stopping");
}
