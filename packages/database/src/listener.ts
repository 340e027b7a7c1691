/**
 * One connection that listens for wake-ups, and the loop on it: a turn at each wake-up, and one every
 * `pollMs` anyway, since a notification may be lost with the connection that would have told it.
 *
 * A notification only wakes; the truth is in tables, and a turn reads them.
 */
import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { connectClient, type ConnectionSettings, toQueryConfig } from "./connection.ts";
import type { Queryable } from "./database.ts";
import { toConnectError, toDatabaseError } from "./errors.ts";
import type { SqlStatement } from "./sql.ts";

export interface ListenerOptions {
  readonly connection: ConnectionSettings;
  /** A plain SQL identifier, at most 63 characters. */
  readonly channel: string;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string;
  readonly pollMs: number;
  /** How long connecting, and each statement, may take. */
  readonly timeoutMs: number;
  /**
   * How long after `timeoutMs` a server that says nothing is taken for lost. Default 5,000. Shorter
   * for whom a dead connection must not cost much time.
   */
  readonly answerGraceMs?: number;
  /**
   * One turn; there is one at a time. `connect` gives the connection: the same object as long as it
   * holds, another one (what happened in between was not heard) after it was lost. Any failure of a
   * statement ends the connection: what it may have missed is worth a new start.
   */
  readonly turn: (connect: () => Promise<Queryable>) => Promise<void>;
  /** Told of what a turn throws; the loop goes on. */
  readonly onError?: (error: unknown) => void;
}

export interface Listener extends AsyncDisposable {
  /** Asks for a turn that begins after this call. */
  wake(): void;
}

const identifier = /^[a-z][a-z0-9_]{0,62}$/;
const firstRetryMs = 100;
const slowestRetryMs = 1_000;
const goodbyeMs = 500;

/** Connects and takes the first turn, whose failure it throws: `database_unavailable`, `database_refused`. */
export async function createListener(options: ListenerOptions): Promise<Listener> {
  // The name goes into SQL: LISTEN takes no parameter.
  if (!identifier.test(options.channel)) throw new TypeError(`"${options.channel}" is not an SQL identifier`);
  const listener = new PollingListener(options);
  await listener.open();
  return listener;
}

interface Line extends Queryable {
  readonly client: pg.Client;
}

class PollingListener implements Listener {
  readonly #options: ListenerOptions;
  readonly #closing = new AbortController();
  /** Aborted to end the pause between two turns. */
  #pause = new AbortController();
  #line: Line | undefined;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    try {
      await this.#turn();
    } catch (error) {
      await this.#disconnect();
      throw error;
    }
    this.#loop = this.#run();
  }

  wake(): void {
    this.#pause.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#pause.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    const { pollMs, onError } = this.#options;
    let retryMs = firstRetryMs;
    await this.#rest(pollMs);
    while (!signal.aborted) {
      // Made before the turn: a wake-up that comes while it runs must not be lost.
      this.#pause = new AbortController();
      try {
        await this.#turn();
      } catch (error) {
        if (signal.aborted) break;
        onError?.(error);
      }
      // A turn that failed by itself leaves the connection: the next poll is soon enough.
      const isConnected = this.#line !== undefined;
      await this.#rest(isConnected ? pollMs : retryMs);
      retryMs = isConnected ? firstRetryMs : Math.min(retryMs * 2, slowestRetryMs);
    }
    await this.#disconnect();
  }

  async #turn(): Promise<void> {
    await this.#options.turn(async () => (this.#line ??= await this.#connect()));
  }

  async #connect(): Promise<Line> {
    const { connection, channel, applicationName, timeoutMs, answerGraceMs } = this.#options;
    try {
      const client = await connectClient(connection, {
        applicationName,
        statementTimeoutMs: timeoutMs,
        connectTimeoutMs: timeoutMs,
        ...(answerGraceMs !== undefined && { answerGraceMs }),
        // The server went away between two turns: find out now rather than with the next one.
        onError: () => this.wake(),
      });
      client.on("notification", () => this.wake());
      try {
        await client.query(`listen ${channel}`);
      } catch (error) {
        void client.end().catch(() => {});
        throw error;
      }
      return { client, query: (statement) => this.#query(client, statement) };
    } catch (error) {
      throw toConnectError(error);
    }
  }

  async #query<Row extends object>(client: pg.Client, statement: SqlStatement): Promise<Row[]> {
    try {
      return (await client.query<Row>(toQueryConfig(statement))).rows;
    } catch (error) {
      await this.#disconnect();
      throw toDatabaseError(error);
    }
  }

  async #disconnect(): Promise<void> {
    const line = this.#line;
    this.#line = undefined;
    if (line === undefined) return;
    // A server that fell silent does not answer a goodbye either.
    const isGone = line.client.end().catch(() => {});
    await Promise.race([isGone, delay(goodbyeMs, undefined, { ref: false })]);
  }

  /** Until the time is up, a wake-up or the end. */
  async #rest(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#pause.signal }).catch(() => {});
  }
}
