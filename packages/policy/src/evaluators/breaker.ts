/** Stops asking who does not answer: after some failures in a row only one question in a while goes out, to see. */
import type { Clock } from "@castellan/kernel";

const failuresToOpen = 3;
const pauseMs = 5_000;

export class Breaker {
  readonly #clock: Clock;
  #failures = 0;
  #nextTryMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether a question would go out now. */
  get isOpen(): boolean {
    return this.#failures >= failuresToOpen && this.#clock.monotonic() < this.#nextTryMs;
  }

  /** Whether this question may; while it is being seen, the next ones wait for the next pause. */
  take(): boolean {
    if (this.isOpen) return false;
    if (this.#failures >= failuresToOpen) this.#nextTryMs = this.#clock.monotonic() + pauseMs;
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  failed(): void {
    this.#failures += 1;
    this.#nextTryMs = this.#clock.monotonic() + pauseMs;
  }
}
