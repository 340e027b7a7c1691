/** What one replica holds of one rate: permits to use at once, and what it knows of there being no more. */
import { setImmediate } from "node:timers/promises";
import type { Clock } from "@castellan/kernel";
import type { GrantTable } from "./grant-table.ts";
import { sliceMs } from "./window.ts";

/** A slice of permits, all granted at once. */
interface Slice {
  left: number;
  /** The second, in the database's time, that it was granted in. */
  readonly second: number;
  /** Monotonic, measured from before it was asked for: it ends here no later than it is counted for. */
  readonly endsAt: number;
}

/** One permit that was taken: the slice that it was of. */
export type Permit = Slice;

/** Slices of one second's worth at most: what one replica holds, the others cannot have. */
const slicesPerMinute = 60;
/** Other replicas may give something back, so a no is asked for again after a while, whatever it said. */
const askAgainMs = 1_000;

export class Slices {
  readonly #key: string;
  readonly #table: GrantTable;
  readonly #clock: Clock;
  #slice: Slice | undefined;
  #returned = new Map<number, number>();
  /** How many to ask for beyond those that wait: doubled when a slice is used up, nothing when it was not. */
  #ahead = 0;
  #waiting = 0;
  #refill: Promise<void> | undefined;
  #refused: { readonly at: number; readonly retryAfterMs: number } | undefined;

  constructor(key: string, table: GrantTable, clock: Clock) {
    this.#key = key;
    this.#table = table;
    this.#clock = clock;
  }

  take(): Permit | undefined {
    const slice = this.#slice;
    if (!slice || slice.left === 0 || this.#clock.monotonic() >= slice.endsAt) return undefined;
    slice.left -= 1;
    return slice;
  }

  /** How long to wait while there is known to be nothing; undefined when that is to be found out. */
  get retryAfterMs(): number | undefined {
    if (!this.#refused) return undefined;
    const sinceMs = this.#clock.monotonic() - this.#refused.at;
    const leftMs = this.#refused.retryAfterMs - sinceMs;
    return leftMs <= 0 || sinceMs >= askAgainMs ? undefined : Math.ceil(leftMs);
  }

  /** A permit that was not used: for the next one here while its slice lasts, else for anybody. */
  putBack(permit: Permit): void {
    if (permit === this.#slice) permit.left += 1;
    else this.#return(permit.second, 1);
  }

  /**
   * Resolves when there may be permits, or there are known to be none. Who comes while one is under way waits for
   * that one, and asks again if it brought too little. Rejects with the faults of the database.
   */
  async refill(perMinute: number): Promise<void> {
    this.#waiting += 1;
    try {
      await (this.#refill ??= this.#ask(perMinute).finally(() => (this.#refill = undefined)));
    } finally {
      this.#waiting -= 1;
    }
  }

  /** Resolves when no refill is under way. */
  async settled(): Promise<void> {
    await this.#refill?.catch(() => undefined);
  }

  endLapsed(): void {
    if (this.#slice && this.#clock.monotonic() >= this.#slice.endsAt) this.endAll();
  }

  endAll(): void {
    if (this.#slice) this.#return(this.#slice.second, this.#slice.left);
    this.#slice = undefined;
  }

  /** Gives back what is not used any more. Faults: those of the database. */
  async giveBack(): Promise<void> {
    if (this.#returned.size > 0) await this.#table.giveBack(this.#key, this.#takeReturned());
  }

  /** Nothing is held, wanted or known. */
  get isIdle(): boolean {
    return (
      !this.#slice &&
      !this.#refill &&
      this.#waiting === 0 &&
      this.#returned.size === 0 &&
      this.retryAfterMs === undefined
    );
  }

  async #ask(perMinute: number): Promise<void> {
    // Calls that come together are asked for together.
    await setImmediate();
    this.#ahead = this.#slice?.left === 0 ? this.#ahead * 2 + 1 : 0;
    this.#ahead = Math.min(this.#ahead, Math.floor(perMinute / slicesPerMinute));
    this.endLapsed();
    const askedAt = this.#clock.monotonic();
    const wanted = { perMinute, permits: this.#waiting + this.#ahead };
    const granted = await this.#table.ask(this.#key, this.#takeReturned(), wanted);
    const { permits, second, retryAfterMs } = granted;
    this.#refused = permits === 0 ? { at: this.#clock.monotonic(), retryAfterMs } : undefined;
    // One that is used up stays until there is another: a permit of it may come back.
    if (permits === 0) return;
    this.endAll();
    this.#slice = { left: permits, second, endsAt: askedAt + sliceMs };
  }

  #return(second: number, permits: number): void {
    if (permits > 0) this.#returned.set(second, (this.#returned.get(second) ?? 0) + permits);
  }

  #takeReturned(): ReadonlyMap<number, number> {
    const returned = this.#returned;
    this.#returned = new Map();
    return returned;
  }
}
