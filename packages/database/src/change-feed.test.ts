import { createManualClock } from "@castellan/kernel";
import { expect, test } from "vitest";
import { type ChangeListener, createChangeFeed } from "./change-feed.ts";
import { recordChange } from "./change-log.ts";
import { openDatabase } from "./database.ts";
import { sql } from "./sql.ts";
import { createTestDatabase } from "./testing.ts";

/** A listener that keeps what it was told and lets a test wait for a call. */
function createEar() {
  const heard: (readonly string[] | "all")[] = [];
  let next = Promise.withResolvers<void>();
  const listener: ChangeListener = (keys) => {
    heard.push(keys);
    next.resolve();
    next = Promise.withResolvers();
  };
  return { heard, listener, next: async () => next.promise };
}

/** Only wake-ups and flushes make it poll. */
const quiet = { pollMs: 3_600_000 };

test("listeners hear of the keys of their own topic, each once, by a wake-up, until they leave", async () => {
  await using database = await createTestDatabase();
  await using feed = await createChangeFeed({ database, ...quiet });
  const servers = createEar();
  const tokens = createEar();
  const leave = feed.on("servers", servers.listener);
  feed.on("tokens", tokens.listener);
  const woken = servers.next();
  await database.transaction(async (tx) => {
    await recordChange(tx, "servers", "a");
    await recordChange(tx, "servers", "b");
    await recordChange(tx, "servers", "a");
  });
  await woken;
  expect(servers.heard.map((keys) => [...keys].toSorted())).toEqual([["a", "b"]]);
  leave();
  await recordChange(database, "servers", "c");
  await recordChange(database, "tokens", "t");
  await feed.flush();
  expect([servers.heard.length, tokens.heard]).toEqual([1, [["t"]]]);
});

test("a change is found without a wake-up", async () => {
  await using database = await createTestDatabase();
  await using feed = await createChangeFeed({ database, pollMs: 10 });
  const ear = createEar();
  feed.on("t", ear.listener);
  const heard = ear.next();
  await database.query(sql`insert into changes (topic, key) values ('t', 'silent')`);
  await heard;
  expect(ear.heard).toEqual([["silent"]]);
});

test("flush resolves when listeners have finished with what was committed before it", async () => {
  await using database = await createTestDatabase();
  await using feed = await createChangeFeed({ database, ...quiet });
  const applied: string[] = [];
  feed.on("t", async (keys) => {
    await database.query(sql`select pg_sleep(0.02)`);
    applied.push(...keys);
  });
  for (const key of ["a", "b", "c"]) {
    await recordChange(database, "t", key);
    await feed.flush();
    expect(applied.at(-1)).toBe(key);
  }
});

test("after the connection was lost every listener is told to re-read everything", async () => {
  await using database = await createTestDatabase();
  const errors: unknown[] = [];
  await using feed = await createChangeFeed({ database, ...quiet, onError: (error) => errors.push(error) });
  const one = createEar();
  const two = createEar();
  feed.on("one", one.listener);
  feed.on("two", two.listener);
  const told = Promise.all([one.next(), two.next()]);
  await database.query(sql`select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and application_name = 'castellan-changes'`);
  await told;
  await recordChange(database, "one", "after");
  await feed.flush();
  expect([one.heard, two.heard]).toEqual([["all", ["after"]], ["all"]]);
  expect(errors).toEqual([expect.objectContaining({ code: "database_unavailable" })]);
});

test("a feed that has not polled for the time is stale, and fresh again with the next poll", async () => {
  await using database = await createTestDatabase();
  const clock = createManualClock();
  await using feed = await createChangeFeed({ database, clock, ...quiet });
  clock.advance(5_000);
  expect(feed.isFresh()).toBe(true);
  clock.advance(1);
  expect(feed.isFresh()).toBe(false);
  await feed.flush();
  expect(feed.isFresh()).toBe(true);
});

test("a feed whose database refuses it stays stale, fails a flush, and recovers with all", async () => {
  await using database = await createTestDatabase();
  const { database: name } = database.connection;
  await using admin = await openDatabase({ connection: { ...database.connection, database: "postgres" } });
  const clock = createManualClock();
  const lost = Promise.withResolvers<unknown>();
  await using feed = await createChangeFeed({ database, clock, ...quiet, onError: lost.resolve });
  const ear = createEar();
  feed.on("t", ear.listener);
  const quoted = `"${name}"`;
  await admin.query({ text: `alter database ${quoted} allow_connections false`, values: [] });
  await admin.query(sql`select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = ${name} and application_name = 'castellan-changes'`);
  await lost.promise;
  await expect(feed.flush()).rejects.toMatchObject({ code: "database_unavailable" });
  clock.advance(5_001);
  expect(feed.isFresh()).toBe(false);
  const told = ear.next();
  await admin.query({ text: `alter database ${quoted} allow_connections true`, values: [] });
  await told;
  await feed.flush();
  expect([feed.isFresh(), ear.heard]).toEqual([true, ["all"]]);
});

test("a listener that fails holds back freshness and is told all until it succeeds; others are not held up", async () => {
  await using database = await createTestDatabase();
  const clock = createManualClock();
  const errors: unknown[] = [];
  await using feed = await createChangeFeed({
    database,
    clock,
    ...quiet,
    onError: (error) => errors.push(error),
  });
  const good = createEar();
  const heard: unknown[] = [];
  const boom = new Error("boom");
  feed.on("t", (keys) => {
    heard.push(keys);
    if (heard.length < 3) throw boom;
  });
  feed.on("t", good.listener);
  await database.query(sql`insert into changes (topic, key) values ('t', 'k')`);
  clock.advance(6_000);
  await expect(feed.flush()).rejects.toBe(boom);
  await expect(feed.flush()).rejects.toBe(boom);
  expect(feed.isFresh()).toBe(false);
  await feed.flush();
  expect([feed.isFresh(), heard, good.heard, errors]).toEqual([
    true,
    [["k"], "all", "all"],
    [["k"]],
    [boom, boom],
  ]);
});

test("a closed feed refuses to flush, and one that cannot connect says so", async () => {
  await using database = await createTestDatabase();
  const feed = await createChangeFeed({ database });
  const waiting = feed.flush().catch((error: unknown) => error);
  await feed[Symbol.asyncDispose]();
  expect(await waiting).toMatchObject({ code: "database_unavailable" });
  await expect(feed.flush()).rejects.toMatchObject({ code: "database_unavailable" });
  const nowhere = { ...database, connection: { ...database.connection, host: "/nonexistent" } };
  await expect(createChangeFeed({ database: nowhere })).rejects.toMatchObject({
    code: "database_unavailable",
  });
});

test("old changes go as fast as they came: a flood of them is not there for long", async () => {
  await using database = await createTestDatabase();
  await database.query(sql`
    insert into changes (topic, key, at) select 't', n::text, now() - interval '2 hours' from generate_series(1, 3500) n`);
  await using feed = await createChangeFeed({ database, ...quiet });
  for (let turns = 0; turns < 4; turns++) await feed.flush();
  expect(await database.query(sql`select from changes`)).toEqual([]);
});
