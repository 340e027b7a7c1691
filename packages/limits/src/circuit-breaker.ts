/**
 * Stops asking who does not answer: after some failures in a row the circuit is open, and calls are refused at
 * once. A call that fails while another one is answered is none of them: who made it may have meant it to. Each time that a pause is over one call is let through, to find out; a success closes the circuit, a
 * failure makes the next pause twice as long. A call that takes longer than the pause keeps nobody out: after
 * another pause there is another try.
 */
import type { Clock } from "@castellan/kernel";

/** How a call ended, as far as it says something of whom it was made to. `unknown`: it was given up. */
export type CircuitOutcome = "success" | "failure" | "unknown";

/** A call that was let through. */
export interface CircuitPass {
  readonly isAllowed: true;
  /** Called once, when the call has ended. */
  end(outcome: CircuitOutcome): void;
}

export interface CircuitRefusal {
  readonly isAllowed: false;
  /** When the next call is let through. */
  readonly retryAfterMs: number;
}

const maxFailures = 5;
const firstPauseMs = 5_000;
const longestPauseMs = 60_000;

export class CircuitBreaker {
  readonly #clock: Clock;
  #failures = 0;
  /** Zero: the circuit is closed. */
  #pauseMs = 0;
  #nextTryAt = 0;
  /** Grows as the circuit opens and closes: calls of an earlier state say nothing of this one. */
  #generation = 0;
  /** Grows with each answer: a failure of what began before it is not one in a row. */
  #answers = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isOpen(): boolean {
    return this.#pauseMs > 0;
  }

  enter(): CircuitPass | CircuitRefusal {
    if (this.isOpen) {
      const retryAfterMs = Math.ceil(this.#nextTryAt - this.#clock.monotonic());
      if (retryAfterMs > 0) return { isAllowed: false, retryAfterMs };
      this.#nextTryAt = this.#clock.monotonic() + this.#pauseMs;
      return this.#pass(true);
    }
    return this.#pass(false);
  }

  /** It was found out in another way that there is an answer. */
  close(): void {
    this.#failures = 0;
    this.#answers += 1;
    if (!this.isOpen) return;
    this.#pauseMs = 0;
    this.#generation += 1;
  }

  #pass(isTry: boolean): CircuitPass {
    const [generation, answers] = [this.#generation, this.#answers];
    return {
      isAllowed: true,
      end: (outcome) => {
        if (generation !== this.#generation) return;
        if (outcome === "success") this.close();
        else if (outcome === "failure" && answers === this.#answers) this.#failed(isTry);
        // A try that told nothing is made again by the next call.
        else if (isTry) this.#nextTryAt = this.#clock.monotonic();
      },
    };
  }

  #failed(isTry: boolean): void {
    this.#failures += 1;
    if (isTry) this.#open(Math.min(this.#pauseMs * 2, longestPauseMs));
    else if (this.#failures >= maxFailures) this.#open(firstPauseMs);
  }

  #open(pauseMs: number): void {
    this.#pauseMs = pauseMs;
    this.#nextTryAt = this.#clock.monotonic() + pauseMs;
    this.#generation += 1;
  }
}
