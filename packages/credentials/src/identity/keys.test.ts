import { createTestDatabase } from "@castellan/database/testing";
import { sql, type Database } from "@castellan/database";
import { createManualClock, type ManualClock } from "@castellan/kernel";
import { generateMasterKey, loadVault, vaultMigrations, type Vault } from "@castellan/vault";
import { beforeEach, afterEach, expect, test } from "vitest";
import { credentialMigrations } from "../migrations.ts";
import { createIdentityKeys, type IdentityKeys } from "./keys.ts";

let database: Database;
let vault: Vault;
let clock: ManualClock;
let errors: unknown[];

beforeEach(async () => {
  database = await createTestDatabase([vaultMigrations, credentialMigrations]);
  vault = await loadVault(database, { current: generateMasterKey().key, older: [] });
  clock = createManualClock();
  errors = [];
});
afterEach(() => database[Symbol.asyncDispose]());

const dayMs = 86_400_000;
const replica = () =>
  createIdentityKeys({ database, vault, clock, onError: (error) => void errors.push(error) });
const look = async (keys: IdentityKeys) => ({
  signing: (await keys.signing()).id,
  published: (await keys.published()).map(({ id }) => id),
});

test("replicas that start together sign with one key", async () => {
  const all = await Promise.all(Array.from({ length: 6 }, () => look(replica())));
  const [first] = all;
  expect(first?.published).toEqual([first?.signing]);
  expect(all).toEqual(all.map(() => first));
});

test("a key is published a day before it signs, and until what the old one signed is over", async () => {
  const [one, other] = [replica(), replica()];
  const first = (await look(one)).signing;
  clock.advance(29 * dayMs - 1);
  expect(await look(one)).toEqual({ signing: first, published: [first] });

  clock.advance(600_000);
  const ahead = await look(one);
  const second = ahead.published[1] ?? "none";
  expect(ahead).toEqual({ signing: first, published: [first, second] });
  expect(second).not.toBe(first);
  expect(await look(other)).toEqual(ahead);

  clock.advance(dayMs - 1);
  expect(await look(other)).toEqual({ signing: first, published: [first, second] });
  clock.advance(1);
  expect(await look(one)).toEqual({ signing: second, published: [first, second] });
  clock.advance(3_600_000);
  expect(await look(one)).toEqual({ signing: second, published: [second] });
  expect(await look(other)).toEqual(await look(replica()));
});

test("after a long rest the old key signs for another day", async () => {
  const keys = replica();
  const first = (await look(keys)).signing;
  clock.advance(90 * dayMs);
  const [woken, other] = await Promise.all([look(keys), look(replica())]);
  expect(woken).toEqual({ signing: first, published: [first, woken.published[1]] });
  expect(other).toEqual(woken);
  clock.advance(dayMs);
  expect((await look(keys)).signing).toBe(woken.published[1]);
});

test("keys that ended are forgotten", async () => {
  const keys = replica();
  for (let month = 0; month < 4; month += 1) {
    await keys.signing();
    clock.advance(29 * dayMs);
    await keys.signing();
    clock.advance(2 * dayMs);
  }
  await keys.signing();
  const rows = await database.query<{ id: string }>(sql`select id from identity_keys order by id`);
  expect(rows.map(({ id }) => id)).toEqual(["4", "5"]);
});

test("without the database the keys that are known go on", async () => {
  const keys = replica();
  const known = await look(keys);
  await database.query(sql`alter table identity_keys rename to away`);
  clock.advance(600_000);
  expect(await look(keys)).toEqual(known);
  expect(errors).toHaveLength(1);
  await expect(replica().signing()).rejects.toThrow(/identity_keys/);
});

test("no key lies open in the database, and none is published with its secret", async () => {
  const keys = replica();
  const { privateKey } = await keys.signing();
  const secret = Buffer.from(privateKey.export({ format: "jwk" }).d ?? "missing", "base64url");
  const [row] = await database.query<{ sealed_key: Buffer }>(sql`select sealed_key from identity_keys`);
  expect(row?.sealed_key.includes(secret)).toBe(false);
  const [published] = await keys.published();
  expect(Object.keys(published?.published ?? {}).sort()).toEqual([
    "alg",
    "crv",
    "kid",
    "kty",
    "use",
    "x",
    "y",
  ]);
});
