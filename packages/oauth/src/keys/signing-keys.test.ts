import { createPrivateKey } from "node:crypto";
import { createTestDatabase } from "@castellan/database/testing";
import { changeMigrations, type Database } from "@castellan/database";
import { accessMigrations } from "@castellan/access";
import { systemClock as clock } from "@castellan/kernel";
import { generateMasterKey, loadVault, vaultMigrations, type Vault } from "@castellan/vault";
import { afterAll, beforeAll, expect, test } from "vitest";
import { storageMigrations } from "../storage/migrations.ts";
import { loadSigningKeys } from "./signing-keys.ts";

let database: Database;
let vault: Vault;

beforeAll(async () => {
  database = await createTestDatabase([
    changeMigrations,
    vaultMigrations,
    accessMigrations,
    storageMigrations,
  ]);
  vault = await loadVault(database, { current: generateMasterKey().key, older: [] });
});
afterAll(() => database[Symbol.asyncDispose]());

test("replicas that start together agree on one key for each algorithm", async () => {
  const all = await Promise.all(Array.from({ length: 4 }, () => loadSigningKeys({ database, vault, clock })));
  const [first = []] = all;
  expect(first.map(({ alg, kty, use }) => [alg, kty, use])).toEqual([
    ["ES256", "EC", "sig"],
    ["RS256", "RSA", "sig"],
  ]);
  for (const key of first) expect(createPrivateKey({ key, format: "jwk" }).type).toBe("private");
  expect(all).toEqual(all.map(() => first));
  expect(await loadSigningKeys({ database, vault, clock })).toEqual(first);
});

test("no key lies open in the database", async () => {
  const keys = await loadSigningKeys({ database, vault, clock });
  const [row] = await database.query<{ all: string }>({
    text: "select string_agg(encode(sealed_key, 'escape'), ' ') as all from signing_keys",
    values: [],
  });
  for (const { d = "missing" } of keys) expect(row?.all).not.toContain(d.slice(0, 16));
});
