/**
 * A fresh database for a test file, on real PostgreSQL, in a few milliseconds.
 *
 * One embedded server serves a whole test run. The first worker that needs it starts a keeper process
 * (`testing/keeper.ts`), each worker holds a connection to the keeper, and the keeper stops the server
 * and removes its folder once the run is over, however it ended. A database is a copy of a template that
 * is migrated once per list of migrations.
 */
import { createHash, randomBytes } from "node:crypto";
import { connectClient, type ConnectionSettings } from "./connection.ts";
import { type Database, openDatabase } from "./database.ts";
import { migrate, type MigrationSet } from "./migrations.ts";
import { findTestServer } from "./testing/server.ts";

/** Makes a database with these migrations applied; disposing of it drops it. */
export async function createTestDatabase(sets: readonly MigrationSet[] = []): Promise<Database> {
  const server = await findTestServer();
  const template = await ensureTemplate(server, sets);
  const name = `test_${randomBytes(8).toString("hex")}`;
  await administer(server, [`create database ${name} template ${template}`]);
  const database = await openDatabase({ connection: { ...server, database: name } });
  return {
    connection: database.connection,
    query: (statement) => database.query(statement),
    transaction: (run) => database.transaction(run),
    [Symbol.asyncDispose]: async () => {
      await database[Symbol.asyncDispose]();
      await administer(server, [`drop database if exists ${name} with (force)`]);
    },
  };
}

async function ensureTemplate(server: ConnectionSettings, sets: readonly MigrationSet[]): Promise<string> {
  const digest = createHash("sha256").update(JSON.stringify(sets)).digest("hex");
  const template = `template_${digest.slice(0, 32)}`;
  const lock = Number.parseInt(digest.slice(0, 8), 16);
  const client = await connectClient(server, { applicationName: "castellan-test", statementTimeoutMs: 0 });
  try {
    await client.query("select pg_advisory_lock($1)", [lock]);
    const { rows } = await client.query("select from pg_database where datname = $1", [template]);
    if (rows.length > 0) return template;
    // Under another name until it is whole: a worker may be ended in the middle.
    await client.query(`drop database if exists ${template}_new with (force)`);
    await client.query(`create database ${template}_new`);
    const database = await openDatabase({ connection: { ...server, database: `${template}_new` } });
    await migrate(database, sets).finally(() => database[Symbol.asyncDispose]());
    await client.query(`alter database ${template}_new rename to ${template}`);
    return template;
  } finally {
    await client.end();
  }
}

async function administer(server: ConnectionSettings, statements: readonly string[]): Promise<void> {
  const client = await connectClient(server, { applicationName: "castellan-test", statementTimeoutMs: 0 });
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
