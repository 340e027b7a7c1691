import { randomBytes } from "node:crypto";
import { sql, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createManualClock, isFault } from "@castellan/kernel";
import { createVault, generateMasterKey } from "@castellan/vault";
import { afterAll, beforeAll, expect, test } from "vitest";
import { accessMigrations } from "@castellan/access";
import { signInMigrations } from "../migrations.ts";
import { createAttempts, type Attempts } from "./attempts.ts";

const clock = createManualClock();
const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
let database: Database;
let attempts: Attempts;

beforeAll(async () => {
  database = await createTestDatabase([accessMigrations, signInMigrations]);
  attempts = createAttempts({ database, vault, clock });
});
afterAll(() => database[Symbol.asyncDispose]());

/** Seconds to wait; 0: it may be made. */
async function wait(key: string): Promise<number> {
  try {
    await attempts.begin(key);
    return 0;
  } catch (error) {
    if (!isFault(error, "sign_in_throttled")) throw error;
    return error.data?.["retryAfterSeconds"] as number;
  }
}

test("four may fail, then each next one waits twice as long, up to a quarter of an hour and no longer", async () => {
  for (let failed = 1; failed <= 4; failed += 1) expect(await wait("ada")).toBe(0);
  const waits: number[] = [];
  for (let more = 0; more < 12; more += 1) {
    const seconds = await wait("ada");
    waits.push(seconds);
    // Who tries in between is told how long it still is, and it does not become longer.
    clock.advance(1000);
    expect(await wait("ada")).toBe(seconds - 1);
    clock.advance((seconds - 1) * 1000);
    expect(await wait("ada")).toBe(0);
  }
  expect(waits).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900, 900]);
  expect(await wait("grace")).toBe(0);
});

test("success forgets, and so does a day", async () => {
  for (let failed = 1; failed <= 4; failed += 1) await wait("success");
  expect(await wait("success")).toBe(5);
  await attempts.succeed("success");
  for (let failed = 1; failed <= 4; failed += 1) expect(await wait("success")).toBe(0);
  expect(await wait("success")).toBe(5);
  clock.advance(24 * 3600_000 + 1);
  for (let failed = 1; failed <= 4; failed += 1) expect(await wait("success")).toBe(0);
  expect(await wait("success")).toBe(5);
});

test("of a hundred at once four are judged", async () => {
  const all = await Promise.all(Array.from({ length: 100 }, () => wait("crowd")));
  expect(all.filter((seconds) => seconds === 0)).toHaveLength(4);
  expect(new Set(all)).toEqual(new Set([0, 5]));
});

test("what was tried is not kept as it is, and what is old is swept", async () => {
  await attempts.begin("account workforce my-password-by-mistake");
  const rows = await database.query<{ key: Buffer }>(sql`select key from sign_in_attempts`);
  expect(rows.length).toBeGreaterThan(0);
  for (const { key } of rows) expect([key.length, key.includes("mistake")]).toEqual([32, false]);
  clock.advance(24 * 3600_000 + 1);
  await attempts.begin("new");
  await attempts.sweep();
  expect(await database.query(sql`select 1 from sign_in_attempts`)).toHaveLength(1);
});
