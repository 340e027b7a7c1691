import fc from "fast-check";
import pg from "pg";
import { expect, test } from "vitest";
import { type ChangeCursor, openCursor, readChanges, recordChange, trimChanges } from "./change-log.ts";
import { toClientConfig } from "./connection.ts";
import type { Database } from "./database.ts";
import { sql } from "./sql.ts";
import { createTestDatabase } from "./testing.ts";

/** A reader that follows a cursor. */
async function openReader(database: Database) {
  let cursor: ChangeCursor = await openCursor(database);
  const read = async () => {
    const batch = await readChanges(database, cursor);
    cursor = batch.cursor;
    return batch;
  };
  return { read, keys: async () => (await read()).changes.map(({ key }) => key), cursor: () => cursor };
}

async function openSession(database: Database) {
  const client = new pg.Client(
    await toClientConfig(database.connection, { applicationName: "test", statementTimeoutMs: 0 }),
  );
  await client.connect();
  const query = async (text: string) => client.query(text);
  return {
    query,
    record: async (key: string) => query(`insert into changes (topic, key) values ('t', '${key}')`),
    [Symbol.asyncDispose]: async () => client.end(),
  };
}

test("rows that become visible in another order than they were written in are all read, once", async () => {
  await using database = await createTestDatabase();
  await using slow = await openSession(database);
  await using quick = await openSession(database);
  const reader = await openReader(database);
  await slow.query("begin");
  await slow.record("slow");
  await quick.record("quick");
  expect(await reader.keys()).toEqual(["quick"]);
  await slow.query("commit");
  expect(await reader.keys()).toEqual(["slow"]);
  expect(await reader.keys()).toEqual([]);
});

test("a transaction that stays open delays nobody and costs no repetition", async () => {
  await using database = await createTestDatabase();
  await using long = await openSession(database);
  const reader = await openReader(database);
  await long.query("begin");
  await long.record("long");
  for (const key of ["a", "b", "c"]) {
    await recordChange(database, "t", key);
    expect(await reader.keys()).toEqual([key]);
  }
  expect(reader.cursor().seen.size).toBe(3);
  await long.query("commit");
  expect(await reader.keys()).toEqual(["long"]);
  expect(reader.cursor().seen.size).toBe(0);
});

test("what a transaction rolled back is never read", async () => {
  await using database = await createTestDatabase();
  const reader = await openReader(database);
  await database
    .transaction(async (tx) => {
      await recordChange(tx, "t", "never");
      throw new Error("no");
    })
    .catch(() => {});
  expect(await reader.keys()).toEqual([]);
});

test("many changes come in batches, and none is lost between them while others commit", async () => {
  await using database = await createTestDatabase();
  await using long = await openSession(database);
  const reader = await openReader(database);
  await long.query("begin");
  await long.record("long");
  await database.query(
    sql`insert into changes (topic, key) select 't', i::text from generate_series(1, 2500) i`,
  );
  const sizes: number[] = [];
  const keys = new Set<string>();
  for (;;) {
    const batch = await reader.read();
    for (const { key } of batch.changes) keys.add(key);
    sizes.push(batch.changes.length);
    if (batch.isComplete) break;
    if (sizes.length === 1) await long.query("commit");
  }
  expect(sizes).toEqual([1000, 1000, 501]);
  expect(keys.size).toBe(2501);
});

test("old rows are trimmed in bounded batches; a reader that may have missed some is told", async () => {
  await using database = await createTestDatabase();
  const late = await openReader(database);
  await database.query(sql`insert into changes (topic, key, at)
    select 't', i::text, now() - interval '2 hours' from generate_series(1, 1500) i`);
  const current = await openReader(database);
  await recordChange(database, "t", "new");
  expect(await current.keys()).toEqual(["new"]);
  expect([await trimChanges(database), await trimChanges(database), await trimChanges(database)]).toEqual([
    1000, 500, 0,
  ]);
  expect((await current.read()).hasGap).toBe(false);
  const missed = await late.read();
  expect([missed.hasGap, missed.changes.map(({ key }) => key)]).toEqual([true, ["new"]]);
  expect((await late.read()).hasGap).toBe(false);
});

test("rows of a transaction that was open for hours are not lost to trimming unnoticed", async () => {
  await using database = await createTestDatabase();
  await using long = await openSession(database);
  const reader = await openReader(database);
  await long.query("begin");
  await long.query("insert into changes (topic, key, at) values ('t', 'long', now() - interval '2 hours')");
  await reader.read();
  await long.query("commit");
  expect(await trimChanges(database)).toBe(1);
  expect((await reader.read()).hasGap).toBe(true);
});

test("a database that stands before the reader (a restored backup) is a gap", async () => {
  await using database = await createTestDatabase();
  const cursor = await openCursor(database);
  const batch = await readChanges(database, { ...cursor, horizon: cursor.horizon + 1_000_000n });
  expect(batch.hasGap).toBe(true);
});

test("however transactions and reads interleave, each committed change is read exactly once", async () => {
  await using database = await createTestDatabase();
  await using a = await openSession(database);
  await using b = await openSession(database);
  await using c = await openSession(database);
  const sessions = [a, b, c];
  const step = fc.record({
    session: fc.nat(2),
    action: fc.constantFrom("record", "commit", "rollback", "read"),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const reader = await openReader(database);
      const pending: (string[] | undefined)[] = [undefined, undefined, undefined];
      const committed: string[] = [];
      const read: string[] = [];
      const end = async (index: number, how: "commit" | "rollback") => {
        await sessions[index]?.query(how);
        if (how === "commit") committed.push(...(pending[index] ?? []));
        pending[index] = undefined;
      };
      for (const [index, { session, action }] of steps.entries()) {
        if (action === "read") read.push(...(await reader.keys()));
        else if (action === "record") {
          if (pending[session] === undefined) await sessions[session]?.query("begin");
          await sessions[session]?.record(String(index));
          pending[session] = [...(pending[session] ?? []), String(index)];
        } else if (pending[session] !== undefined) await end(session, action as "commit" | "rollback");
      }
      for (const index of [0, 1, 2]) if (pending[index] !== undefined) await end(index, "commit");
      read.push(...(await reader.keys()));
      expect(read.toSorted()).toEqual(committed.toSorted());
    }),
    { numRuns: 40 },
  );
});
