import { expect, test } from "vitest";
import { openDatabase } from "./database.ts";
import { type Migration, migrate } from "./migrations.ts";
import { sql } from "./sql.ts";
import { createTestDatabase } from "./testing.ts";

const first: Migration = {
  id: "shop.0001-orders",
  sql: "create table orders (id int); create table lines (id int);",
};
const second: Migration = { id: "shop.0002-total", sql: "alter table orders add column total int;" };
const other: Migration = { id: "mail.0001-letters", sql: "create table letters (id int);" };
const fault = (code: string, message: string | RegExp) =>
  expect.objectContaining({
    code,
    message: typeof message === "string" ? message : expect.stringMatching(message),
  });

test("migrations are applied once, in order, and again only what is new", async () => {
  await using database = await createTestDatabase();
  expect(await migrate(database, [[first], [other]])).toEqual({ applied: [first.id, other.id] });
  expect(await migrate(database, [[first, second], [other]])).toEqual({ applied: [second.id] });
  expect(await migrate(database, [[first, second], [other]])).toEqual({ applied: [] });
  expect(await database.query(sql`select * from orders, lines, letters`)).toEqual([]);
});

test("many replicas that start at once apply each migration once", async () => {
  await using database = await createTestDatabase();
  const outcomes = await Promise.all(
    Array.from({ length: 5 }, async () => migrate(database, [[first, second]])),
  );
  expect(outcomes.flatMap(({ applied }) => applied).toSorted()).toEqual([first.id, second.id]);
});

test("a migration that fails is rolled back whole, names itself, and those before it stay", async () => {
  await using database = await createTestDatabase();
  const broken = {
    id: "shop.0002-broken",
    sql: "create table half (id int); insert into nowhere values (1);",
  };
  await expect(migrate(database, [[first, broken]])).rejects.toEqual(
    fault(
      "database_migration_failed",
      'Migration shop.0002-broken failed and was rolled back: relation "nowhere" does not exist',
    ),
  );
  expect(
    await database.query(
      sql`select id, to_regclass('half') as half from schema_migrations where id like 'shop.%'`,
    ),
  ).toEqual([{ id: first.id, half: null }]);
});

test("an edited, an inserted, a doubled, an ill-named and an unordered migration are refused", async () => {
  await using database = await createTestDatabase();
  await migrate(database, [[first, second]]);
  const inserted = { id: "shop.0001-z", sql: "select 1" };
  const tries = [
    [[{ ...first, sql: "select 1" }, second]],
    [[first, inserted, second]],
    [[first, second], [first]],
    [[{ id: "Orders", sql: "select 1" }]],
    [[second, first]],
  ];
  const outcomes = await Promise.all(
    tries.map(async (sets) =>
      migrate(database, sets).catch((error: Error & { code: string }) => [error.code, error.message]),
    ),
  );
  expect(outcomes).toEqual([
    [
      "database_migration_invalid",
      "Migration shop.0001-orders was applied with another text than this release has",
    ],
    [
      "database_migration_invalid",
      "Migration shop.0001-z was inserted before shop.0002-total, which is applied already",
    ],
    ["database_migration_invalid", "There are two migrations shop.0001-orders"],
    ["database_migration_invalid", 'The migration id "Orders" does not look like "package.0001-what"'],
    [
      "database_migration_invalid",
      "Migration shop.0001-orders stands after shop.0002-total but sorts before it",
    ],
  ]);
});

test("the previous release runs on a newer database, unless that broke with it", async () => {
  await using database = await createTestDatabase();
  await migrate(database, [[first, second]]);
  expect(await migrate(database, [[first]])).toEqual({ applied: [] });
  const breaking = {
    id: "shop.0003-no-lines",
    sql: "drop table lines;",
    breaking: "lines are part of orders",
  };
  await migrate(database, [[first, second, breaking]]);
  await expect(migrate(database, [[first, second]])).rejects.toEqual(
    fault("database_schema_newer", /shop\.0003-no-lines \(lines are part of orders\)/),
  );
});

test("a migration that waits for a lock gives up rather than hold up everyone behind it", async () => {
  await using database = await createTestDatabase();
  await migrate(database, [[first]]);
  await database.transaction(async (tx) => {
    await tx.query(sql`select from orders`);
    await expect(migrate(database, [[first, second]], { lockTimeoutMs: 100 })).rejects.toEqual(
      fault("database_migration_failed", /canceling statement due to lock timeout$/),
    );
  });
  expect(await migrate(database, [[first, second]])).toEqual({ applied: [second.id] });
});

test("the server's refusal to connect is the store's fault, not the migration's", async () => {
  await using database = await createTestDatabase();
  await using gone = await openDatabase({ connection: database.connection });
  const elsewhere = { ...gone, connection: { ...database.connection, host: "/nonexistent" } };
  await expect(migrate(elsewhere, [])).rejects.toEqual(
    fault("database_unavailable", "The database cannot be reached"),
  );
});
