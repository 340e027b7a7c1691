/**
 * A copy of something that another server publishes (its metadata, its keys): fetched when first asked for and again
 * when it is old, by one request at a time. While the other server is away the copy serves on for a while: its outage
 * is not everybody's. Nobody can have it fetched more often than once per `cooldownMs`, however they ask.
 */
import type { Clock } from "@castellan/kernel";

export interface RemoteCopyOptions<T> {
  readonly load: () => Promise<T>;
  readonly clock: Clock;
  /** Between the end of one request and the next. Default 10,000. */
  readonly cooldownMs?: number;
  /** After which it is fetched again. Default ten minutes. */
  readonly maxAgeMs?: number;
  /** After which it serves no more where that fails. Default one hour: what was taken back there must not live on here. */
  readonly maxStaleMs?: number;
}

interface Held<T> {
  readonly value: T;
  readonly loadedAtMs: number;
}

export class RemoteCopy<T> {
  readonly #options: Required<RemoteCopyOptions<T>>;
  #held: Held<T> | undefined;
  #failure: unknown;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #loading: Promise<void> | undefined;

  constructor(options: RemoteCopyOptions<T>) {
    this.#options = { cooldownMs: 10_000, maxAgeMs: 600_000, maxStaleMs: 3_600_000, ...options };
  }

  /** Rejects with what the last attempt failed with. */
  async get(): Promise<T> {
    const { maxAgeMs, maxStaleMs } = this.#options;
    if (this.#ageMs() >= maxAgeMs) await this.#loadUnlessJustTried();
    if (this.#held !== undefined && this.#ageMs() < maxStaleMs) return this.#held.value;
    throw this.#failure;
  }

  /** A newer one than that; undefined where there is none to be had now. */
  async newerThan(value: T): Promise<T | undefined> {
    if (this.#held?.value === value) await this.#loadUnlessJustTried();
    return this.#held?.value === value ? undefined : this.#held?.value;
  }

  #ageMs(): number {
    return this.#held === undefined
      ? Number.POSITIVE_INFINITY
      : this.#options.clock.monotonic() - this.#held.loadedAtMs;
  }

  async #loadUnlessJustTried(): Promise<void> {
    const { clock, cooldownMs } = this.#options;
    if (this.#loading === undefined) {
      if (clock.monotonic() - this.#triedAtMs < cooldownMs) return;
      this.#loading = this.#load().finally(() => {
        this.#triedAtMs = clock.monotonic();
        this.#loading = undefined;
      });
    }
    await this.#loading;
  }

  async #load(): Promise<void> {
    const { load, clock } = this.#options;
    try {
      this.#held = { value: await load(), loadedAtMs: clock.monotonic() };
    } catch (error) {
      this.#failure = error;
    }
  }
}
