/** How long a server may say nothing while its answer is waited for. */
import { mcpFaults } from "../faults.ts";

/**
 * A clock that runs while a server is silent. While it is held it stands still: a server cannot be
 * blamed for what it did not say while its words were not read, or its question was not answered.
 */
export class Silence implements Disposable {
  readonly #limitMs: number;
  readonly #end = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #holds = 0;

  /** Starts. A limit of 0 milliseconds is none. */
  constructor(limitMs: number) {
    this.#limitMs = limitMs;
    this.#start();
  }

  /** Aborts with `upstream_timeout` when the limit is reached. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /** The server said something. */
  heard(): void {
    this.#timer?.refresh();
  }

  /** The clock stands still until all holds are disposed of, and then begins anew. */
  hold(): Disposable {
    this.#holds++;
    this.#stop();
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return;
        isHeld = false;
        if (--this.#holds === 0) this.#start();
      },
    };
  }

  /** A clock that was disposed of never ends, whoever still holds it. */
  [Symbol.dispose](): void {
    this.#holds = Number.POSITIVE_INFINITY;
    this.#stop();
  }

  #start(): void {
    if (this.#limitMs === 0) return;
    this.#timer = setTimeout(() => {
      this.#end.abort(mcpFaults.fault("upstream_timeout", "The server did not answer in time"));
    }, this.#limitMs);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
