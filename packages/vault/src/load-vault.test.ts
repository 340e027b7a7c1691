import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { sql, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { isFault } from "@castellan/kernel";
import { loadVault } from "./load-vault.ts";
import { generateMasterKey } from "./master-key.ts";
import { vaultMigrations } from "./migrations.ts";

const [one, two, three] = [generateMasterKey().key, generateMasterKey().key, generateMasterKey().key];
const place = { table: "t", row: "r", column: "sealed_x" };

let database: Database;
beforeAll(async () => {
  database = await createTestDatabase([vaultMigrations]);
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(() => database.query(sql`delete from vault_keys`));

async function keyIds(): Promise<string[]> {
  const rows = await database.query<{ id: string }>(sql`select id from vault_keys order by created_at, id`);
  return rows.map((row) => row.id);
}

async function refusal(run: Promise<unknown>): Promise<string | undefined> {
  try {
    await run;
    return undefined;
  } catch (error) {
    return isFault(error, "vault_wrong_key") ? error.message : String(error);
  }
}

test("the first key an empty database sees becomes its key; the next start has the same root", async () => {
  const first = await loadVault(database, { current: one, older: [] });
  const second = await loadVault(database, { current: one, older: [] });
  expect(await keyIds()).toEqual([one.id]);
  expect(second.mac("p", "d")).toEqual(first.mac("p", "d"));
  expect(second.open(first.seal("x", place), place)).toEqual(Buffer.from("x"));
});

test("first starts at the same time agree on one root", async () => {
  const vaults = await Promise.all(
    Array.from({ length: 8 }, () => loadVault(database, { current: one, older: [] })),
  );
  expect(new Set(vaults.map((vault) => vault.mac("p", "d").toString("hex"))).size).toBe(1);
});

test("of first starts with different keys one is refused", async () => {
  const results = await Promise.allSettled(
    [one, two].map((current) => loadVault(database, { current, older: [] })),
  );
  expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect((await keyIds()).length).toBe(1);
});

test("a wrong key is refused with both ids, and nothing is written", async () => {
  await loadVault(database, { current: one, older: [] });
  expect(await refusal(loadVault(database, { current: two, older: [three] }))).toBe(
    `The master key given (id ${two.id}) is not the one of this database (id ${one.id})`,
  );
  expect(await keyIds()).toEqual([one.id]);
});

test("a new key is admitted beside a known one; MACs stay; then both are needed until a rotation", async () => {
  const before = await loadVault(database, { current: one, older: [] });
  const after = await loadVault(database, { current: two, older: [one, three] });
  expect(await keyIds()).toEqual([one.id, two.id]);
  expect(after.mac("p", "d")).toEqual(before.mac("p", "d"));
  const missing = (id: string) =>
    `Secrets may still be sealed under master key ${id}: give it as an older key until a rotation has finished`;
  expect(await refusal(loadVault(database, { current: two, older: [] }))).toBe(missing(one.id));
  expect(await refusal(loadVault(database, { current: one, older: [] }))).toBe(missing(two.id));
  expect((await loadVault(database, { current: one, older: [two] })).keyId).toBe(one.id);
});

test("an altered check value is told, and not taken for a wrong key", async () => {
  await loadVault(database, { current: one, older: [] });
  await database.query(
    sql`update vault_keys set sealed_root = set_byte(sealed_root, 90, get_byte(sealed_root, 90) # 1)`,
  );
  expect(await refusal(loadVault(database, { current: one, older: [] }))).toBe(
    `The check value of master key ${one.id} in this database was altered`,
  );
});

test("the root secret is not in the database in clear, and a row cannot stand in for another's", async () => {
  await loadVault(database, { current: one, older: [] });
  await loadVault(database, { current: two, older: [one] });
  await database.query(sql`
    update vault_keys set sealed_root = (select sealed_root from vault_keys where id = ${one.id})
    where id = ${two.id}`);
  expect(await refusal(loadVault(database, { current: two, older: [one] }))).toBe(
    `The check value of master key ${two.id} in this database was altered`,
  );
});
