import { isFault } from "@castellan/kernel";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Database, openDatabase } from "./database.ts";
import { isForeignKeyViolation, isUniqueViolation } from "./errors.ts";
import { prepared, sql } from "./sql.ts";
import { createTestDatabase } from "./testing.ts";

let database: Database;

beforeAll(async () => {
  database = await createTestDatabase();
  await database.query(
    sql`create table items (id int primary key, parent int references items (id), n int not null default 0)`,
  );
});
afterAll(async () => database[Symbol.asyncDispose]());

const ids = async () =>
  (await database.query<{ id: number }>(sql`select id from items order by id`)).map(({ id }) => id);
const codeOf = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "resolved",
    (error: unknown) => (isFault(error) ? error.code : error),
  );
const terminateSelf = sql`select pg_terminate_backend(pg_backend_pid())`;

test("types arrive as documented", async () => {
  expect(
    await database.query(sql`select 9007199254740991::bigint as big, array[1, null]::bigint[] as bigs, count(*) as count,
      '2026-01-31'::date as day, '2026-01-31 12:00Z'::timestamptz as at, 1.50::numeric as price, '{"a": 1}'::jsonb as json
      from generate_series(1, 3)`),
  ).toEqual([
    {
      big: 9_007_199_254_740_991,
      bigs: [1, null],
      count: 3,
      day: "2026-01-31",
      at: new Date(Date.UTC(2026, 0, 31, 12)),
      price: "1.50",
      json: { a: 1 },
    },
  ]);
});

test("a bigint that a number cannot hold fails the query rather than being rounded", async () => {
  await expect(database.query(sql`select 9007199254740993::bigint`)).rejects.toBeInstanceOf(RangeError);
});

test("a prepared statement is parsed once per connection, and its name stands for one text", async () => {
  await database.transaction(async (tx) => {
    for (const n of [1, 2])
      expect(await tx.query(prepared("plus", sql`select ${n}::int + 1 as n`))).toEqual([{ n: n + 1 }]);
    expect(await tx.query(sql`select count(*) from pg_prepared_statements where name = 'plus'`)).toEqual([
      { count: 1 },
    ]);
  });
  await expect(
    database.transaction(async (tx) => {
      await tx.query(prepared("twice", sql`select 1`));
      await tx.query(prepared("twice", sql`select 2`));
    }),
  ).rejects.toThrow(/^Prepared statements must be unique/);
});

test("a transaction commits, and rolls back when it throws", async () => {
  await database.transaction(async (tx) => tx.query(sql`insert into items (id) values (1)`));
  const boom = new Error("boom");
  await expect(
    database.transaction(async (tx) => {
      await tx.query(sql`insert into items (id) values (2)`);
      throw boom;
    }),
  ).rejects.toBe(boom);
  expect(await ids()).toEqual([1]);
});

test("violations are recognised by constraint", async () => {
  const twice = await database.query(sql`insert into items (id) values (1)`).catch((error: unknown) => error);
  const orphan = await database
    .query(sql`insert into items (id, parent) values (9, 8)`)
    .catch((error: unknown) => error);
  expect([
    isUniqueViolation(twice),
    isUniqueViolation(twice, "items_pkey"),
    isUniqueViolation(twice, "other"),
    isForeignKeyViolation(twice),
    isForeignKeyViolation(orphan, "items_parent_fkey"),
  ]).toEqual([true, true, false, false, true]);
});

test("an error that the transaction swallowed does not pass for a commit", async () => {
  await expect(
    database.transaction(async (tx) => {
      await tx.query(sql`insert into items (id) values (3)`);
      await tx.query(sql`insert into items (id) values (1)`).catch(() => {});
    }),
  ).rejects.toThrow("nothing was committed");
  expect(await ids()).toEqual([1]);
});

test("statements of one transaction that are begun together run one after the other", async () => {
  const rows = await database.transaction(async (tx) =>
    Promise.all([1, 2, 3].map(async (n) => tx.query(sql`select ${n}::int as n`))),
  );
  expect(rows).toEqual([[{ n: 1 }], [{ n: 2 }], [{ n: 3 }]]);
});

test("a transaction that is over takes no statements", async () => {
  const leaked = await database.transaction(async (tx) => tx.query.bind(tx));
  await expect(leaked(sql`select 1`)).rejects.toThrow("The transaction is over");
});

test("of two transactions in a deadlock both succeed, one at its second attempt", async () => {
  await database.query(sql`insert into items (id) values (10), (11)`);
  const met = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  let attempts = 0;
  const cross = async (first: number, second: number, mine: 0 | 1) =>
    database.transaction(async (tx) => {
      attempts += 1;
      await tx.query(sql`update items set n = n + 1 where id = ${first}`);
      met[mine].resolve();
      await met[1 - mine]?.promise;
      await tx.query(sql`update items set n = n + 1 where id = ${second}`);
    });
  await Promise.all([cross(10, 11, 0), cross(11, 10, 1)]);
  expect(await database.query(sql`select n from items where id in (10, 11)`)).toEqual([{ n: 2 }, { n: 2 }]);
  expect(attempts).toBe(3);
});

test("of two statements in a deadlock both succeed", async () => {
  await database.query(sql`insert into items (id) values (50), (51)`);
  // Each holds its first row until the other has its own.
  const cross = (body: string) => database.query({ text: `do $$ begin ${body} end $$`, values: [] });
  const add = (id: number) => `update items set n = n + 1 where id = ${id};`;
  await Promise.all([
    cross(`${add(50)} perform pg_sleep(0.3); ${add(51)}`),
    cross(`${add(51)} perform pg_sleep(0.3); ${add(50)}`),
  ]);
  expect(await database.query(sql`select n from items where id in (50, 51)`)).toEqual([{ n: 2 }, { n: 2 }]);
});

test("a transaction that always loses is given up after five attempts", async () => {
  let attempts = 0;
  const outcome = database.transaction(async (tx) => {
    attempts += 1;
    await tx.query(sql`do $$ begin raise exception 'lost' using errcode = '40001'; end $$`);
  });
  expect(await codeOf(outcome)).toBe("database_contention");
  expect(attempts).toBe(5);
});

test("a connection that breaks within a transaction is not used again", async () => {
  await using single = await openDatabase({ connection: database.connection, maxConnections: 1 });
  expect(await codeOf(single.transaction(async (tx) => tx.query(terminateSelf)))).toBe(
    "database_unavailable",
  );
  expect(await codeOf(single.query(terminateSelf))).toBe("database_unavailable");
  expect(await single.query(sql`select 1 as one`)).toEqual([{ one: 1 }]);
});

test("a connection that breaks while it is idle, or between two statements, harms nobody", async () => {
  const broken = Promise.withResolvers<Error>();
  await using single = await openDatabase({
    connection: database.connection,
    maxConnections: 1,
    onError: (error) => broken.resolve(error),
  });
  const self = async (on: Pick<Database, "query">) =>
    (await on.query<{ pid: number }>(sql`select pg_backend_pid() as pid`))[0]?.pid;
  const terminate = async (pid: number | undefined) =>
    database.query(sql`select pg_terminate_backend(${pid}, 5000)`);

  await terminate(await self(single));
  expect((await broken.promise).message).toContain("terminating connection");
  expect(await single.query(sql`select 1 as one`)).toEqual([{ one: 1 }]);

  const outcome = single.transaction(async (tx) => {
    await terminate(await self(tx));
    await tx.query(sql`insert into items (id) values (20)`);
  });
  expect(await codeOf(outcome)).toBe("database_unavailable");
  expect(await ids()).not.toContain(20);
});

test("a connection lost during COMMIT leaves the outcome unknown, and says so", async () => {
  await database.query(sql`create table doomed (id int)`);
  await database.query(sql`create function die() returns trigger language plpgsql as
    $$ begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(5); return null; end $$`);
  await database.query(sql`create constraint trigger die after insert on doomed
    deferrable initially deferred for each row execute function die()`);
  const outcome = database.transaction(async (tx) => tx.query(sql`insert into doomed values (1)`));
  expect(await codeOf(outcome)).toBe("database_outcome_unknown");
});

test("a statement that runs too long is cancelled, and its connection lives on", async () => {
  await using hasty = await openDatabase({
    connection: database.connection,
    maxConnections: 1,
    statementTimeoutMs: 50,
  });
  const pid = sql`select pg_backend_pid() as pid`;
  const before = await hasty.query(pid);
  expect(await codeOf(hasty.query(sql`select pg_sleep(10)`))).toBe("database_timeout");
  expect(await hasty.query(pid)).toEqual(before);
});

test("what cannot be opened says whose fault it is", async () => {
  const { connection } = database;
  const open = async (change: object) => codeOf(openDatabase({ connection: { ...connection, ...change } }));
  expect([
    await open({ host: "/nonexistent" }),
    await open({ host: "127.0.0.1", port: 1 }),
    await open({ user: "stranger" }),
    await open({ database: "missing" }),
    await open({ ssl: { verify: true, caFile: "/nonexistent.pem" } }),
  ]).toEqual([
    "database_unavailable",
    "database_unavailable",
    "database_refused",
    "database_refused",
    "database_url_invalid",
  ]);
});

test("after disposal, and a second one, it refuses", async () => {
  const closed = await openDatabase({ connection: database.connection });
  await Promise.all([closed[Symbol.asyncDispose](), closed[Symbol.asyncDispose]()]);
  expect(await codeOf(closed.query(sql`select 1`))).toBe("database_unavailable");
});
