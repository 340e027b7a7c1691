/** The time of a run: it stands still while the run is replayed, and while it waits for people. */
import type { Clock } from "@castellan/kernel";

export class RunClock {
  readonly #clock: Clock;
  #atMs = 0;
  #sinceMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds, never fewer than before. */
  now(): number {
    if (this.#sinceMs === undefined) return this.#atMs;
    return Math.max(this.#atMs, this.#clock.monotonic() - this.#sinceMs);
  }

  /** No reply is of an earlier moment than the one before it. */
  moveTo(atMs: number): number {
    this.#atMs = Math.max(this.#atMs, atMs);
    return this.#atMs;
  }

  /** At the moment of the last reply. */
  get lastMs(): number {
    return this.#atMs;
  }

  /** From here on time passes. */
  start(): void {
    this.#sinceMs ??= this.#clock.monotonic() - this.#atMs;
  }
}
