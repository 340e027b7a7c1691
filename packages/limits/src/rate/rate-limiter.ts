/**
 * Rates that hold over all replicas of an installation, without a query for each call: a replica takes a
 * slice of permits ahead, uses it within a second, and gives back what it did not use.
 *
 * No 60 seconds ever hold more calls than the rate. A call may be refused early: a permit counts for up to 62
 * seconds, and what the other replicas hold ahead (each up to a second's worth, for about two seconds) is
 * not to be had here.
 */
import type { Database } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import { GrantTable } from "./grant-table.ts";
import { Slices, type Permit } from "./slices.ts";
import { sliceMs } from "./window.ts";

export interface Rate {
  /** Calls that may begin in a minute, over all replicas. */
  readonly perMinute: number;
}

export type Taken =
  | {
      readonly allowed: true;
      /** The call was not made after all: its permit is somebody else's. Called once at most. */
      giveBack(): void;
    }
  | {
      readonly allowed: false;
      /** After this time there is a permit, if nobody else takes it. */
      readonly retryAfterMs: number;
    };

export interface RateLimiter extends AsyncDisposable {
  /**
   * Takes one permit; at once while the slice lasts. A key stands for one rate; one that is asked for with another
   * rate from now on has that one, within a second everywhere. Rejects with the faults of the database.
   */
  take(key: string, rate: Rate): Taken | Promise<Taken>;
  /** Removes rows that nobody asked for in the last minutes; done by itself once a minute. */
  sweep(): Promise<void>;
}

export interface RateLimiterOptions {
  readonly database: Database;
  readonly clock: Clock;
  /** Told of what fails beside the calls: permits that could not be given back lapse by themselves. */
  readonly onError: (error: unknown) => void;
}

const sweepEveryMs = 60_000;
/** From a database that takes longer than a second to answer, every slice has lapsed when it comes. */
const patienceMs = 5_000;

/** Disposing of it gives back what it holds. */
export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  return new LeasedRates(options);
}

class LeasedRates implements RateLimiter {
  readonly #table: GrantTable;
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  readonly #keys = new Map<string, Slices>();
  readonly #sweeping: NodeJS.Timeout;
  #tidying: NodeJS.Timeout | undefined;
  #tidied: Promise<void> = Promise.resolve();
  #isClosing = false;

  constructor({ database, clock, onError }: RateLimiterOptions) {
    this.#table = new GrantTable(database);
    this.#clock = clock;
    this.#onError = onError;
    this.#sweeping = setInterval(() => void this.sweep().catch(onError), sweepEveryMs).unref();
  }

  take(key: string, { perMinute }: Rate): Taken | Promise<Taken> {
    const slices = this.#slices(key);
    return this.#now(slices) ?? this.#wait(slices, perMinute);
  }

  sweep(): Promise<void> {
    return this.#table.sweep();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#sweeping);
    clearTimeout(this.#tidying);
    await this.#tidied;
    await Promise.all([...this.#keys.values()].map((slices) => slices.settled()));
    for (const slices of this.#keys.values()) slices.endAll();
    await this.#giveBack();
  }

  #slices(key: string): Slices {
    const known = this.#keys.get(key);
    if (known) return known;
    const slices = new Slices(key, this.#table, this.#clock);
    this.#keys.set(key, slices);
    this.#tidyLater();
    return slices;
  }

  #now(slices: Slices): Taken | undefined {
    const permit = slices.take();
    if (permit) return allowed(slices, permit);
    const { retryAfterMs } = slices;
    return retryAfterMs === undefined ? undefined : { allowed: false, retryAfterMs };
  }

  /** Each refill brings what those wait for who were there when it began, or says that there is no more. */
  async #wait(slices: Slices, perMinute: number): Promise<Taken> {
    const startedMs = this.#clock.monotonic();
    while (this.#clock.monotonic() - startedMs < patienceMs) {
      await slices.refill(perMinute);
      const taken = this.#now(slices);
      if (taken) return taken;
    }
    return { allowed: false, retryAfterMs: sliceMs };
  }

  #tidyLater(): void {
    if (this.#tidying || this.#isClosing) return;
    this.#tidying = setTimeout(() => {
      this.#tidied = this.#tidy();
    }, sliceMs).unref();
  }

  /** Gives back what lapsed, and forgets the keys that nobody asks for. */
  async #tidy(): Promise<void> {
    for (const slices of this.#keys.values()) slices.endLapsed();
    await this.#giveBack();
    for (const [key, slices] of this.#keys) if (slices.isIdle) this.#keys.delete(key);
    this.#tidying = undefined;
    if (this.#keys.size > 0) this.#tidyLater();
  }

  async #giveBack(): Promise<void> {
    for (const slices of this.#keys.values())
      try {
        await slices.giveBack();
      } catch (error) {
        // What the others hold lapses as well.
        return this.#onError(error);
      }
  }
}

function allowed(slices: Slices, permit: Permit): Taken {
  return { allowed: true, giveBack: () => slices.putBack(permit) };
}
