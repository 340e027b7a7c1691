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
import { setTimeout as delay } from "node:timers/promises";
import { type Clock, systemClock } from "@castellan/kernel";
import type pg from "pg";
import {
  type ChangeBatch,
  type ChangeCursor,
  changeChannel,
  openCursor,
  readChanges,
  trimChanges,
} from "./change-log.ts";
import { connectClient, toQueryConfig } from "./connection.ts";
import type { Database, Queryable } from "./database.ts";
import { toDatabaseError } from "./errors.ts";
import { databaseFaults } from "./faults.ts";
import type { SqlStatement } from "./sql.ts";

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

const firstRetryMs = 100;
const slowestRetryMs = 5_000;
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
interface Reader extends Queryable {
  readonly client: pg.Client;
  cursor: ChangeCursor;
}

class PollingChangeFeed implements ChangeFeed {
  readonly #options: ChangeFeedOptions;
  readonly #clock: Clock;
  readonly #pollMs: number;
  readonly #staleAfterMs: number;
  readonly #subscriptions = new Set<Subscription>();
  readonly #closing = new AbortController();
  /** Aborted to end the pause between two polls. */
  #pause = new AbortController();
  #flushes: Flush[] = [];
  #reader: Reader | undefined;
  #freshAt = Number.NEGATIVE_INFINITY;
  #trimmedAt = Number.NEGATIVE_INFINITY;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: ChangeFeedOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#pollMs = options.pollMs ?? 1_000;
    this.#staleAfterMs = options.staleAfterMs ?? 5_000;
  }

  async open(): Promise<void> {
    const startedAt = this.#clock.monotonic();
    this.#reader = await this.#connect();
    this.#freshAt = startedAt;
    this.#loop = this.#run();
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
    if (this.#closing.signal.aborted || this.#reader === undefined) throw unavailable();
    await new Promise<void>((resolve, reject) => {
      this.#flushes.push({ resolve, reject });
      this.#pause.abort();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#pause.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    let retryMs = firstRetryMs;
    await this.#rest(this.#pollMs);
    while (!signal.aborted) {
      const flushes = this.#flushes.splice(0);
      // Made before the poll: a wake-up that comes while it runs must not be lost.
      this.#pause = new AbortController();
      try {
        await this.#turn();
        retryMs = firstRetryMs;
        for (const { resolve } of flushes) resolve();
        await this.#rest(this.#pollMs);
      } catch (error) {
        for (const { reject } of flushes) reject(error);
        if (signal.aborted) break;
        this.#options.onError?.(error);
        // A listener's failure leaves the connection: the next poll is soon enough.
        await this.#rest(this.#reader === undefined ? retryMs : this.#pollMs);
        if (this.#reader === undefined) retryMs = Math.min(retryMs * 2, slowestRetryMs);
      }
    }
    for (const { reject } of this.#flushes.splice(0)) reject(unavailable());
    await this.#disconnect();
  }

  /** One poll with its delivery, on a new connection if there is none. */
  async #turn(): Promise<void> {
    const startedAt = this.#clock.monotonic();
    if (this.#reader === undefined) {
      this.#reader = await this.#connect();
      this.#markGap();
    }
    await this.#poll(this.#reader);
    this.#freshAt = startedAt;
    if (startedAt - this.#trimmedAt >= trimEveryMs) {
      this.#trimmedAt = startedAt;
      await this.#onReader(this.#reader, trimChanges);
    }
  }

  async #poll(reader: Reader): Promise<void> {
    for (;;) {
      const batch: ChangeBatch = await this.#onReader(reader, () => readChanges(reader, reader.cursor));
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

  async #connect(): Promise<Reader> {
    try {
      const client = await connectClient(this.#options.database.connection, {
        applicationName: "castellan-changes",
        statementTimeoutMs: this.#staleAfterMs,
        connectTimeoutMs: this.#staleAfterMs,
        // The server went away between two polls: find out now rather than with the next one.
        onError: () => this.#pause.abort(),
      });
      client.on("notification", () => this.#pause.abort());
      const query = async <Row extends object>(statement: SqlStatement): Promise<Row[]> =>
        (await client.query<Row>(toQueryConfig(statement))).rows;
      try {
        await client.query(`listen ${changeChannel}`);
        return { client, query, cursor: await openCursor({ query }) };
      } catch (error) {
        void client.end().catch(() => {});
        throw error;
      }
    } catch (error) {
      throw toDatabaseError(error);
    }
  }

  /** Any failure on the connection ends it: what it may have missed is worth a new start. */
  async #onReader<T>(reader: Reader, use: (reader: Reader) => Promise<T>): Promise<T> {
    try {
      return await use(reader);
    } catch (error) {
      await this.#disconnect();
      throw toDatabaseError(error);
    }
  }

  async #disconnect(): Promise<void> {
    const reader = this.#reader;
    this.#reader = undefined;
    await reader?.client.end().catch(() => {});
  }

  /** Until the time is up, a wake-up, a flush or the end. */
  async #rest(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#pause.signal }).catch(() => {});
  }
}

function unavailable(): Error {
  return databaseFaults.fault("database_unavailable", "The change feed has no connection to the database");
}
