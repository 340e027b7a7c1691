/** What ends by itself at a moment of its own: in time also where a timer is late, or the clock is set. */
import type { Clock } from "@castellan/kernel";

export interface EndingsOptions {
  readonly clock: Clock;
  /** When the next of them ends, milliseconds since the epoch; infinity: none does. */
  next(): number;
  /** Some have ended. Called while somebody asks, too. */
  onEnd(): void;
}

/** Timers keep no longer times, and the wall clock may be set meanwhile. */
const maxWaitMs = 3_600_000;

export class Endings implements Disposable {
  readonly #options: EndingsOptions;
  #nextMs = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(options: EndingsOptions) {
    this.#options = options;
  }

  /** There may be others than before. */
  expect(): void {
    clearTimeout(this.#timer);
    if (this.#isOver) return;
    this.#nextMs = this.#options.next();
    if (this.#nextMs === Number.POSITIVE_INFINITY) return;
    const waitMs = Math.max(0, Math.min(this.#nextMs - this.#options.clock.now(), maxWaitMs));
    this.#timer = setTimeout(() => this.#wake(), waitMs).unref();
  }

  /** To be asked before each look at what may have ended. */
  settle(): void {
    if (this.#options.clock.now() < this.#nextMs || this.#isOver) return;
    // Who hears of an end looks again.
    this.#nextMs = Number.POSITIVE_INFINITY;
    this.#options.onEnd();
    this.expect();
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #wake(): void {
    this.settle();
    this.expect();
  }
}
