/**
 * Append-only migrations, applied in order, each in a transaction of its own.
 *
 * Each migration must leave a schema that the previous release can live with (add, do not rename or
 * drop), so that replicas can be replaced one by one and a release can be taken back. One that cannot
 * says `breaking: "why"`; a release that does not know a breaking migration refuses to run.
 */
import { createHash } from "node:crypto";
import type pg from "pg";
import { changeMigrations } from "./change-log.ts";
import { connectClient } from "./connection.ts";
import type { Database } from "./database.ts";
import { toDatabaseError } from "./errors.ts";
import { databaseFaults } from "./faults.ts";

export interface Migration {
  /** `package.0001-what`: the package, a number that only grows, what it does. */
  readonly id: string;
  /** One or more statements, run in one transaction. Never edited once released. */
  readonly sql: string;
  /** Present if the previous release does not survive it: why. */
  readonly breaking?: string;
}

/** The migrations of one package, oldest first. */
export type MigrationSet = readonly Migration[];

interface Applied {
  readonly id: string;
  readonly checksum: string;
  readonly breaking: string | null;
}

const idShape = /^[a-z][a-z-]*\.\d{4}-[a-z0-9-]+$/;
/** The key of the advisory lock that lets one replica migrate at a time; any constant of our own. */
const lockKey = 0x63_61_73_74;
/** DDL queues before everyone else's statements: better to fail than to hold up a running replica. */
const defaultLockTimeoutMs = 10_000;

/** The table of what was applied. Not a migration itself: it must be there to ask. */
const createTable = `create table if not exists schema_migrations (
  id text primary key,
  checksum text not null,
  breaking text,
  applied_at timestamptz not null default now()
)`;

/**
 * Brings the database to what this release needs and returns the ids that were applied now. The
 * change log's own migrations come first, by themselves. Safe to run from many replicas at once.
 * Faults: `database_migration_invalid`, `database_migration_failed`, `database_schema_newer`.
 */
export async function migrate(
  database: Database,
  sets: readonly MigrationSet[],
  options: { readonly lockTimeoutMs?: number } = {},
): Promise<{ applied: string[] }> {
  const plan = [changeMigrations, ...sets.filter((set) => set !== changeMigrations)];
  checkIds(plan);
  const client = await connectClient(database.connection, {
    applicationName: "castellan-migrate",
    statementTimeoutMs: 0,
  }).catch((error: unknown) => {
    throw toDatabaseError(error);
  });
  try {
    const applied: string[] = [];
    for (;;) {
      const id = await applyNext(client, plan, options.lockTimeoutMs ?? defaultLockTimeoutMs);
      if (id === undefined) return { applied };
      applied.push(id);
    }
  } catch (error) {
    throw toDatabaseError(error);
  } finally {
    await client.end().catch(() => {});
  }
}

/** Ids are well-formed, ascending within their set and unique over all. */
function checkIds(sets: readonly MigrationSet[]): void {
  const seen = new Set<string>();
  for (const set of sets) {
    let previous = "";
    for (const { id } of set) {
      if (!idShape.test(id)) throw invalid(`The migration id "${id}" does not look like "package.0001-what"`);
      if (id <= previous) throw invalid(`Migration ${id} stands after ${previous} but sorts before it`);
      if (seen.has(id)) throw invalid(`There are two migrations ${id}`);
      seen.add(id);
      previous = id;
    }
  }
}

/**
 * Applies the first migration that is missing; undefined if none is. The lock lives as long as the
 * transaction (so it also works behind a pooler), and what was applied is read under it.
 */
async function applyNext(
  client: pg.Client,
  sets: readonly MigrationSet[],
  lockTimeoutMs: number,
): Promise<string | undefined> {
  await client.query("begin");
  try {
    await client.query("select pg_advisory_xact_lock($1)", [lockKey]);
    await client.query(createTable);
    const { rows } = await client.query<Applied>("select id, checksum, breaking from schema_migrations");
    const next = findNext(sets, new Map(rows.map((row) => [row.id, row])));
    if (next !== undefined) await apply(client, next, lockTimeoutMs);
    await client.query("commit");
    return next?.id;
  } catch (error) {
    await client.query("rollback").catch(() => {});
    throw error;
  }
}

function findNext(
  sets: readonly MigrationSet[],
  applied: ReadonlyMap<string, Applied>,
): Migration | undefined {
  const known = sets.flat();
  const knownIds = new Set(known.map(({ id }) => id));
  const foreign = applied.values().find(({ id, breaking }) => breaking !== null && !knownIds.has(id));
  if (foreign !== undefined)
    throw databaseFaults.fault(
      "database_schema_newer",
      `A newer release changed the database with ${foreign.id} (${foreign.breaking}); run that release again, or restore the backup from before it`,
    );
  for (const migration of known) {
    const row = applied.get(migration.id);
    if (row !== undefined && row.checksum !== toChecksum(migration))
      throw invalid(`Migration ${migration.id} was applied with another text than this release has`);
  }
  for (const set of sets) checkOrder(set, applied);
  return known.find(({ id }) => !applied.has(id));
}

/** A migration that was put before an applied one would run in another order elsewhere. */
function checkOrder(set: MigrationSet, applied: ReadonlyMap<string, Applied>): void {
  const missing = set.findIndex(({ id }) => !applied.has(id));
  const later = missing < 0 ? undefined : set.slice(missing).find(({ id }) => applied.has(id));
  if (later !== undefined)
    throw invalid(`Migration ${set[missing]?.id} was inserted before ${later.id}, which is applied already`);
}

async function apply(client: pg.Client, migration: Migration, lockTimeoutMs: number): Promise<void> {
  try {
    await client.query(`set local lock_timeout = ${lockTimeoutMs}`);
    await client.query(migration.sql);
    await client.query("insert into schema_migrations (id, checksum, breaking) values ($1, $2, $3)", [
      migration.id,
      toChecksum(migration),
      migration.breaking ?? null,
    ]);
  } catch (cause) {
    throw databaseFaults.fault(
      "database_migration_failed",
      `Migration ${migration.id} failed and was rolled back: ${(cause as Error).message}`,
      { cause },
    );
  }
}

function toChecksum(migration: Migration): string {
  return createHash("sha256").update(migration.sql).digest("hex");
}

function invalid(message: string): Error {
  return databaseFaults.fault("database_migration_invalid", message);
}
