/** How long a call may take. While somebody is asked something, the time stands still. */
import type { Clock } from "@castellan/kernel";

export interface DeadlineOptions {
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Called once, when the time is over. */
  readonly onEnd: () => void;
}

/** Runs from the beginning; disposing of it ends it without a word. */
export class Deadline implements Disposable {
  readonly #clock: Clock;
  readonly #onEnd: () => void;
  #leftMs: number;
  #startedMs = 0;
  #holds = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor({ timeoutMs, clock, onEnd }: DeadlineOptions) {
    this.#clock = clock;
    this.#onEnd = onEnd;
    this.#leftMs = timeoutMs;
    this.#start();
  }

  /** The time stands still until all holds are disposed of. */
  hold(): Disposable {
    if (this.#holds++ === 0) this.#stop();
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return;
        isHeld = false;
        if (--this.#holds === 0) this.#start();
      },
    };
  }

  /** Whoever still holds it holds nothing. */
  [Symbol.dispose](): void {
    this.#holds = Number.POSITIVE_INFINITY;
    clearTimeout(this.#timer);
  }

  #start(): void {
    this.#startedMs = this.#clock.monotonic();
    this.#timer = setTimeout(this.#onEnd, this.#leftMs);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#leftMs = Math.max(0, this.#leftMs - (this.#clock.monotonic() - this.#startedMs));
  }
}
