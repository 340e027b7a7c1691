/** The pool: statements, transactions, and what happens when the server goes away. */
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { type ConnectionSettings, toClientConfig, toQueryConfig } from "./connection.ts";
import { breaksConnection, isRetryable, toDatabaseError } from "./errors.ts";
import { databaseFaults } from "./faults.ts";
import { sql, type SqlStatement } from "./sql.ts";

export interface Queryable {
  /**
   * Runs one statement and returns its rows. Outside of a transaction it is run again after a deadlock or a serialization
   * failure, as a transaction is.
   * Faults: `database_unavailable`, `database_timeout`, `database_disk_full`. What else the server
   * refuses is thrown as it came: see `isUniqueViolation`.
   */
  query<Row extends object = Record<string, unknown>>(statement: SqlStatement): Promise<Row[]>;
}

/** A transaction's only connection. Its statements run one after the other; after the end it refuses. */
export interface Transaction extends Queryable {}

export interface Database extends Queryable, AsyncDisposable {
  /**
   * Runs `run` in a transaction (read committed): commits when it resolves, rolls back when it throws.
   * After a deadlock or a serialization failure `run` is called again, at most five times in all, so it
   * must do nothing but query. Further faults: `database_contention`, `database_outcome_unknown`.
   */
  transaction<T>(run: (tx: Transaction) => Promise<T>): Promise<T>;
  readonly connection: ConnectionSettings;
}

export interface DatabaseOptions {
  readonly connection: ConnectionSettings;
  /** Default 10. */
  readonly maxConnections?: number;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName?: string;
  /** Told of connections that break while they are idle; the pool replaces them by itself. */
  readonly onError?: (error: Error) => void;
  /** A statement that runs longer is cancelled. Default 30,000; 0 = no limit. */
  readonly statementTimeoutMs?: number;
}

const oldestServerVersion = 150_000;
const maxAttempts = 5;
const firstRetryMs = 5;

/**
 * Opens a pool and checks that the server answers and is PostgreSQL 15 or later.
 * Faults: `database_unavailable`, `database_refused`, `database_version_unsupported`.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const config = await toClientConfig(options.connection, {
    applicationName: options.applicationName ?? "castellan",
    statementTimeoutMs: options.statementTimeoutMs ?? 30_000,
  });
  const pool = new pg.Pool({ ...config, max: options.maxConnections ?? 10, idleTimeoutMillis: 60_000 });
  const database = new PooledDatabase(pool, options.connection, options.onError ?? (() => {}));
  try {
    await checkVersion(database);
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
  return database;
}

class PooledDatabase implements Database {
  readonly connection: ConnectionSettings;
  readonly #pool: pg.Pool;
  #closing: Promise<void> | undefined;

  constructor(pool: pg.Pool, connection: ConnectionSettings, onError: (error: Error) => void) {
    this.#pool = pool;
    this.connection = connection;
    // The pool's end does not wait for the server's goodbye: what still comes then is no news.
    pool.on("error", (error) => {
      if (this.#closing === undefined) onError(error);
    });
    // While a client is checked out the pool does not listen: without this, a connection that
    // breaks between two statements of a transaction would end the process.
    pool.on("connect", (client) => client.on("error", () => {}));
  }

  async query<Row extends object = Record<string, unknown>>(statement: SqlStatement): Promise<Row[]> {
    return this.#attempt(async (lease) => (await lease.run<Row>(statement)).rows);
  }

  async transaction<T>(run: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#attempt((lease) => runTransaction(lease, run));
  }

  /** Until it is not in the way of others: what the server undid for their sake has written nothing. */
  async #attempt<T>(use: (lease: Lease) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#withLease(use);
      } catch (error) {
        if (!isRetryable(error)) throw error;
        if (attempt === maxAttempts)
          throw databaseFaults.fault(
            "database_contention",
            `It lost against others ${maxAttempts} times in a row and was given up`,
            { cause: error },
          );
        await delay(firstRetryMs * 2 ** attempt);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#pool.end();
    await this.#closing;
  }

  async #withLease<T>(use: (lease: Lease) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect().catch((error: unknown) => {
      throw toDatabaseError(error);
    });
    const lease = new Lease(client);
    try {
      return await use(lease);
    } finally {
      client.release(lease.isBroken);
    }
  }
}

/** One connection while it is out of the pool, and whether it may go back. */
class Lease {
  readonly #client: pg.PoolClient;
  isBroken = false;

  constructor(client: pg.PoolClient) {
    this.#client = client;
  }

  async run<Row extends object>(statement: SqlStatement): Promise<pg.QueryResult<Row>> {
    try {
      return await this.#client.query<Row>(toQueryConfig(statement));
    } catch (error) {
      this.isBroken ||= breaksConnection(error);
      throw toDatabaseError(error);
    }
  }
}

const begin = sql`begin`;
const commit = sql`commit`;
const rollback = sql`rollback`;

async function runTransaction<T>(lease: Lease, run: (tx: Transaction) => Promise<T>): Promise<T> {
  await lease.run(begin);
  const tx = new LeasedTransaction(lease);
  let result: T;
  try {
    result = await run(tx);
    await tx.end();
  } catch (error) {
    await tx.end();
    await lease.run(rollback).catch(() => {
      lease.isBroken = true;
    });
    throw error;
  }
  await commitTransaction(lease);
  return result;
}

async function commitTransaction(lease: Lease): Promise<void> {
  const { command } = await lease.run(commit).catch((cause: unknown) => {
    // An answer of the server (a deferred constraint, a serialization failure) says that nothing was
    // written; no answer says nothing.
    if (!lease.isBroken) throw cause;
    throw databaseFaults.fault(
      "database_outcome_unknown",
      "The connection was lost while the transaction was being committed; it may or may not have been written",
      { cause },
    );
  });
  // PostgreSQL answers COMMIT with ROLLBACK, and no error, if a statement failed and `run` swallowed it.
  if (command !== "COMMIT")
    throw new Error("A statement of the transaction failed and was ignored: nothing was committed");
}

class LeasedTransaction implements Transaction {
  readonly #lease: Lease;
  /** The statement before, settled or not: the wire has one statement at a time. */
  #previous: Promise<unknown> = Promise.resolve();
  #isOver = false;

  constructor(lease: Lease) {
    this.#lease = lease;
  }

  async query<Row extends object = Record<string, unknown>>(statement: SqlStatement): Promise<Row[]> {
    // A statement that nobody awaited must not run on a connection that serves someone else by now.
    if (this.#isOver) throw new Error("The transaction is over; await its statements before it ends");
    const result = this.#previous.then(() => this.#lease.run<Row>(statement));
    this.#previous = result.catch(() => {});
    return (await result).rows;
  }

  /** Takes no more statements and waits for those under way. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#previous;
  }
}

async function checkVersion(database: Queryable): Promise<void> {
  const [row] = await database.query<{ version: number; name: string }>(
    sql`select current_setting('server_version_num')::int as version, current_setting('server_version') as name`,
  );
  if (row === undefined || row.version < oldestServerVersion)
    throw databaseFaults.fault(
      "database_version_unsupported",
      `The PostgreSQL server is version ${row?.name ?? "unknown"}; Castellan needs 15 or later`,
    );
}
