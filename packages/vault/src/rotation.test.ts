import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { sql, type Database, type MigrationSet } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { isFault } from "@castellan/kernel";
import { keyIdOf } from "./envelope.ts";
import { loadVault } from "./load-vault.ts";
import { generateMasterKey } from "./master-key.ts";
import { vaultMigrations } from "./migrations.ts";
import { rotate } from "./rotation.ts";
import { defineSealedColumn } from "./sealed-column.ts";
import type { Vault } from "./vault.ts";

const { key: oldKey } = generateMasterKey();
const { key: newKey } = generateMasterKey();

const tables: MigrationSet = [
  {
    id: "test.0001-tables",
    sql: `
      create table locks (id text primary key, sealed_code bytea, touched integer not null default 0);
      create table doors (slug text primary key, sealed_pin bytea not null)`,
  },
];
const codes = defineSealedColumn({ table: "locks", idColumn: "id", column: "sealed_code" });
const pins = defineSealedColumn({ table: "doors", idColumn: "slug", column: "sealed_pin" });
const columns = [codes, pins];

const codePlace = (row: string) => ({ table: "locks", row, column: "sealed_code" });
const pinPlace = (row: string) => ({ table: "doors", row, column: "sealed_pin" });
const names = Array.from({ length: 25 }, (_, at) => `row_${String(at).padStart(2, "0")}`);

let database: Database;
let before: Vault;
let after: Vault;
beforeAll(async () => {
  database = await createTestDatabase([vaultMigrations, tables]);
});
afterAll(() => database[Symbol.asyncDispose]());

beforeEach(async () => {
  for (const table of ["locks", "doors", "vault_keys"])
    await database.query({ text: `delete from ${table}`, values: [] });
  before = await loadVault(database, { current: oldKey, older: [] });
  after = await loadVault(database, { current: newKey, older: [oldKey] });
  for (const row of names) {
    await database.query(
      sql`insert into locks (id, sealed_code) values (${row}, ${before.seal(`code of ${row}`, codePlace(row))})`,
    );
    await database.query(
      sql`insert into doors (slug, sealed_pin) values (${row}, ${before.seal(`pin of ${row}`, pinPlace(row))})`,
    );
  }
  await database.query(sql`insert into locks (id, sealed_code) values ('empty', null)`);
});

/** Every value with the key it stands under, opened. */
async function contents(vault: Vault): Promise<Record<string, string>> {
  const rows = await database.query<{ place: string; row: string; value: Buffer }>(sql`
    select 'locks' as place, id as row, sealed_code as value from locks where sealed_code is not null
    union all select 'doors', slug, sealed_pin from doors order by 1, 2`);
  return Object.fromEntries(
    rows.map(({ place, row, value }) => {
      const plain = vault.open(value, place === "locks" ? codePlace(row) : pinPlace(row));
      return [`${place}/${row}`, `${keyIdOf(value)} ${plain}`];
    }),
  );
}

/** Until a session waits for a lock, or there is nothing left that could. */
async function untilSomeoneWaits(work: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  const stop = () => over.abort();
  work.then(stop, stop);
  while (!over.signal.aborted) {
    const waiting = await database.query(
      sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (waiting.length > 0) return;
  }
}

function allUnder(keyId: string): Record<string, string> {
  return Object.fromEntries([
    ...names.map((row) => [`doors/${row}`, `${keyId} pin of ${row}`]),
    ...names.map((row) => [`locks/${row}`, `${keyId} code of ${row}`]),
  ]);
}

test("a rotation takes every value to the current key, keeps MACs, and retires the old key", async () => {
  const report = await rotate({ database, vault: after, columns, batchSize: 10 });
  expect(report).toEqual({ resealed: 50, failed: [], retired: [oldKey.id] });
  const alone = await loadVault(database, { current: newKey, older: [] });
  expect(await contents(alone)).toEqual(allUnder(newKey.id));
  expect(alone.mac("p", "d")).toEqual(before.mac("p", "d"));
  await expect(loadVault(database, { current: oldKey, older: [] })).rejects.toThrow(
    `The master key given (id ${oldKey.id}) is not the one of this database (id ${newKey.id})`,
  );
});

test("batches are bounded and committed one by one; a run that died is continued by the next", async () => {
  const sizes: number[] = [];
  const died = rotate({
    database,
    vault: after,
    columns,
    batchSize: 10,
    onBatch: ({ resealed }) => {
      sizes.push(resealed);
      if (sizes.length === 4) throw new Error("killed");
    },
  });
  await expect(died).rejects.toThrow("killed");
  expect(sizes).toEqual([10, 10, 5, 10]);
  const halfway = Object.values(await contents(after)).filter((value) => value.startsWith(newKey.id));
  expect(halfway.length).toBe(35);
  await expect(loadVault(database, { current: newKey, older: [] })).rejects.toThrow(/may still be sealed/);

  expect(await rotate({ database, vault: after, columns, batchSize: 10 })).toEqual({
    resealed: 15,
    failed: [],
    retired: [oldKey.id],
  });
  expect(await contents(after)).toEqual(allUnder(newKey.id));
});

test("a run that dies inside a batch leaves that batch as it was", async () => {
  let calls = 0;
  const dying: Vault = {
    ...after,
    rewrap: (sealed, context) => {
      if (++calls === 14) throw new Error("killed");
      return after.rewrap(sealed, context);
    },
  };
  await expect(rotate({ database, vault: dying, columns, batchSize: 10 })).rejects.toThrow("killed");
  const halfway = Object.values(await contents(after)).filter((value) => value.startsWith(newKey.id));
  expect(halfway.length).toBe(10);
});

test("a rotation stops between batches when it is told to", async () => {
  const stop = new AbortController();
  const stopped = rotate({
    database,
    vault: after,
    columns,
    batchSize: 10,
    signal: stop.signal,
    onBatch: () => stop.abort(new Error("enough")),
  });
  await expect(stopped).rejects.toThrow("enough");
  const moved = Object.values(await contents(after)).filter((value) => value.startsWith(newKey.id));
  expect(moved.length).toBe(10);
});

test("a second run finds nothing to do, and does not touch a row", async () => {
  await rotate({ database, vault: after, columns });
  const versions = () => database.query(sql`select id, xmin::text from locks order by id`);
  const first = await versions();
  expect(await rotate({ database, vault: after, columns })).toEqual({ resealed: 0, failed: [], retired: [] });
  expect(await versions()).toEqual(first);
});

test("two rotations at once do the work once between them", async () => {
  const reports = await Promise.all(
    [1, 2].map(() => rotate({ database, vault: after, columns, batchSize: 3 })),
  );
  expect(reports.reduce((sum, { resealed }) => sum + resealed, 0)).toBe(50);
  expect(await contents(after)).toEqual(allUnder(newKey.id));
});

test("a row that a writer holds is waited for, and the writer's value is what stays", async () => {
  const release = Promise.withResolvers<void>();
  const locked = Promise.withResolvers<void>();
  const writer = database.transaction(async (tx) => {
    // A replica that still seals under the old key, in the middle of a transaction.
    const sealed = before.seal("written meanwhile", codePlace("row_03"));
    await tx.query(sql`update locks set sealed_code = ${sealed}, touched = 1 where id = 'row_03'`);
    locked.resolve();
    await release.promise;
  });
  await locked.promise;
  const rotation = rotate({ database, vault: after, columns });
  await untilSomeoneWaits(rotation);
  release.resolve();
  await writer;
  expect(await rotation).toEqual({ resealed: 50, failed: [], retired: [oldKey.id] });
  expect(await contents(after)).toEqual({
    ...allUnder(newKey.id),
    "locks/row_03": `${newKey.id} written meanwhile`,
  });
});

test("values that do not open are reported and left; the old key is kept for them", async () => {
  const [damaged] = await database.query<{ sealed_code: Buffer }>(sql`
    update locks set sealed_code = set_byte(sealed_code, 100, get_byte(sealed_code, 100) # 1)
    where id = 'row_07' returning sealed_code`);
  await database.query(sql`update locks set sealed_code = '\\x0102'::bytea where id = 'row_09'`);
  expect(await rotate({ database, vault: after, columns, batchSize: 4 })).toEqual({
    resealed: 48,
    failed: [codePlace("row_07"), codePlace("row_09")],
    retired: [],
  });
  expect(await database.query(sql`select sealed_code from locks where id = 'row_07'`)).toEqual([damaged]);
  await expect(loadVault(database, { current: newKey, older: [] })).rejects.toThrow(/may still be sealed/);
});

test("a sealed column that nobody declared stops the rotation before it begins", async () => {
  const run = rotate({ database, vault: after, columns: [codes] });
  await expect(run).rejects.toSatisfy(
    (error) =>
      isFault(error, "vault_rotation_incomplete") &&
      error.message === "A rotation would leave out the sealed column doors.sealed_pin",
  );
  expect(await contents(after)).toEqual(allUnder(oldKey.id));
});

test("a declaration that is no plain identifier is refused", () => {
  expect(() => defineSealedColumn({ table: 'x" ; drop', idColumn: "id", column: "sealed_x" })).toThrow(
    new TypeError('"x" ; drop" is not an SQL identifier'),
  );
});
