/**
 * The change log's reader in a replica: tells listeners which keys of their topic changed.
 *
 * One connection of its own listens for wake-ups and polls each second anyway, which is its heartbeat
 * too. When that connection was lost every listener gets "all": re-read everything.
 *
 * The feed is fresh while a poll that began within `staleAfterMs` was delivered whole. A listener that
 * fails gets "all" with the next poll and holds freshness back until it succeeds: a replica that
 * cannot apply a revocation must refuse rather than serve the revoked token.
 */
import { type Clock, systemClock } from "@castellan/kernel";
import {
  type ChangeBatch,
  type ChangeCursor,
  changeChannel,
  openCursor,
  readChanges,
  trimBatch,
  trimChanges,
} from "./change-log.ts";
import type { Database, Queryable } from "./database.ts";
import { databaseFaults } from "./faults.ts";
import { createListener, type Listener } from "./listener.ts";

/** The keys that changed, each once, in no order; "all": any may have, re-read everything. */
export type ChangeListener = (keys: readonly string[] | "all") => void | Promise<void>;

export interface ChangeFeed extends AsyncDisposable {
  /**
   * Calls the listener for changes that are polled from now on, one call at a time; returns how to stop.
   * Load what it guards after this call, and no change falls in between.
   */
  on(topic: string, listener: ChangeListener): () => void;
  /** False when nothing could be polled and delivered for `staleAfterMs`. */
  isFresh(): boolean;
  /**
   * Polls now and resolves when all listeners have finished with what was committed before the call.
   * Fault: `database_unavailable`; what a listener throws.
   */
  flush(): Promise<void>;
}

export interface ChangeFeedOptions {
  readonly database: Database;
  /** Measures freshness. */
  readonly clock?: Clock;
  /** Default 1,000. */
  readonly pollMs?: number;
  /** Default 5,000; also how long a poll may take. */
  readonly staleAfterMs?: number;
  /** Told of lost connections and of what listeners throw; the feed goes on. */
  readonly onError?: (error: unknown) => void;
}

/** Connects and starts to poll. Faults: `database_unavailable`, `database_refused`. */
export async function createChangeFeed(options: ChangeFeedOptions): Promise<ChangeFeed> {
  const feed = new PollingChangeFeed(options);
  await feed.open();
  return feed;
}

const trimEveryMs = 60_000;

interface Subscription {
  readonly topic: string;
  readonly listener: ChangeListener;
  /** Whether it must be told "all" next, since it failed or the feed has a gap. */
  needsAll: boolean;
}

interface Flush {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A connection with the place it has read up to. */
interface Reader {
  readonly line: Queryable;
  cursor: ChangeCursor;
}

class PollingChangeFeed implements ChangeFeed {
  readonly #options: ChangeFeedOptions;
  readonly #clock: Clock;
  readonly #staleAfterMs: number;
  readonly #subscriptions = new Set<Subscription>();
  #flushes: Flush[] = [];
  #listener: Listener | undefined;
  #reader: Reader | undefined;
  #freshAt = Number.NEGATIVE_INFINITY;
  #trimmedAt = Number.NEGATIVE_INFINITY;

  constructor(options: ChangeFeedOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#staleAfterMs = options.staleAfterMs ?? 5_000;
  }

  async open(): Promise<void> {
    const { database, pollMs = 1_000, onError } = this.#options;
    this.#listener = await createListener({
      connection: database.connection,
      channel: changeChannel,
      applicationName: "castellan-changes",
      pollMs,
      timeoutMs: this.#staleAfterMs,
      turn: (connect) => this.#turn(connect),
      ...(onError && { onError }),
    });
  }

  on(topic: string, listener: ChangeListener): () => void {
    const subscription: Subscription = { topic, listener, needsAll: false };
    this.#subscriptions.add(subscription);
    return () => this.#subscriptions.delete(subscription);
  }

  isFresh(): boolean {
    return this.#clock.monotonic() - this.#freshAt <= this.#staleAfterMs;
  }

  async flush(): Promise<void> {
    const listener = this.#listener;
    if (listener === undefined) throw unavailable();
    await new Promise<void>((resolve, reject) => {
      this.#flushes.push({ resolve, reject });
      listener.wake();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    await listener?.[Symbol.asyncDispose]();
    for (const { reject } of this.#flushes.splice(0)) reject(unavailable());
  }

  /** One poll with its delivery; answers the flushes that were asked for before it began. */
  async #turn(connect: () => Promise<Queryable>): Promise<void> {
    const flushes = this.#flushes.splice(0);
    try {
      const startedAt = this.#clock.monotonic();
      const reader = await this.#readerOn(await connect());
      await this.#poll(reader);
      this.#freshAt = startedAt;
      for (const { resolve } of flushes) resolve();
      if (startedAt - this.#trimmedAt < trimEveryMs) return;
      // Where more was written than goes at once, the next turn goes on with it.
      if ((await trimChanges(reader.line)) < trimBatch) this.#trimmedAt = startedAt;
    } catch (error) {
      for (const { reject } of flushes) reject(error);
      throw error;
    }
  }

  /** On a new connection the log is read from the present on, with a gap before it. */
  async #readerOn(line: Queryable): Promise<Reader> {
    if (this.#reader?.line !== line) {
      this.#reader = { line, cursor: await openCursor(line) };
      this.#markGap();
    }
    return this.#reader;
  }

  async #poll(reader: Reader): Promise<void> {
    for (;;) {
      const batch: ChangeBatch = await readChanges(reader.line, reader.cursor);
      if (batch.hasGap) this.#markGap();
      reader.cursor = batch.cursor;
      await this.#deliver(batch);
      if (batch.isComplete) return;
    }
  }

  async #deliver(batch: ChangeBatch): Promise<void> {
    const keys = Map.groupBy(batch.changes, ({ topic }) => topic);
    const outcomes = await Promise.allSettled(
      [...this.#subscriptions].map(async (subscription) => {
        const changes = keys.get(subscription.topic);
        const { needsAll } = subscription;
        if (!needsAll && changes === undefined) return;
        subscription.needsAll = true;
        await subscription.listener(needsAll ? "all" : [...new Set(changes?.map(({ key }) => key))]);
        subscription.needsAll = false;
      }),
    );
    const failures = outcomes.flatMap((outcome) =>
      outcome.status === "rejected" ? [outcome.reason as unknown] : [],
    );
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1)
      throw new AggregateError(failures, "Several listeners of the change feed failed");
  }

  #markGap(): void {
    for (const subscription of this.#subscriptions) subscription.needsAll = true;
  }
}

function unavailable(): Error {
  return databaseFaults.fault("database_unavailable", "The change feed has no connection to the database");
}
