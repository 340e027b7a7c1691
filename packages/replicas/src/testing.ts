/** What the tests of this package share. */
import { randomBytes } from "node:crypto";
import type { Database, SqlStatement } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { systemClock } from "@castellan/kernel";
import { createVault, generateMasterKey, type Vault } from "@castellan/vault";
import { replicaMigrations } from "./migrations.ts";
import { createReplicas, type Replicas, type ReplicasOptions } from "./replicas.ts";

export interface TestInstallation extends AsyncDisposable {
  readonly database: Database;
  readonly vault: Vault;
  /** What the replicas told `onError`. */
  readonly errors: unknown[];
  /** Starts a replica. By default only wake-ups make it read. */
  join(options?: Partial<ReplicasOptions>): Promise<Replicas>;
}

/** A database, a vault, and the replicas that are started on them. */
export async function createTestInstallation(): Promise<TestInstallation> {
  await using opened = new AsyncDisposableStack();
  const database = opened.use(await createTestDatabase([replicaMigrations]));
  const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  const errors: unknown[] = [];
  const quiet = { leaseMs: 60_000, renewMs: 30_000, pollMs: 3_600_000 };
  const owned = opened.move();
  return {
    database,
    vault,
    errors,
    join: async (options) =>
      owned.use(
        await createReplicas({
          database,
          vault,
          clock: systemClock,
          onError: (error) => errors.push(error),
          ...quiet,
          ...options,
        }),
      ),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Keeps what comes and lets a test wait until there is so much. */
export function createEar<T>() {
  const heard: T[] = [];
  let isMore = Promise.withResolvers<void>();
  return {
    heard,
    hear: (item: T) => {
      heard.push(item);
      isMore.resolve();
      isMore = Promise.withResolvers();
    },
    /** The first `count` items. */
    reached: async (count: number): Promise<T[]> => {
      while (heard.length < count) await isMore.promise;
      return heard.slice(0, count);
    },
  };
}

/** The same database, over a line that a test may cut: `around` decides whether a statement is sent and its answer arrives. */
export function withLine(
  database: Database,
  around: (statement: SqlStatement, send: () => Promise<object[]>) => Promise<object[]>,
): Database {
  const query = async <Row extends object>(statement: SqlStatement): Promise<Row[]> =>
    (await around(statement, () => database.query<Row>(statement))) as Row[];
  return {
    query,
    transaction: (run) => database.transaction(run),
    connection: database.connection,
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}
