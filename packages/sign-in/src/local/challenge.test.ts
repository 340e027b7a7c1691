import { randomBytes } from "node:crypto";
import { accessMigrations } from "@castellan/access";
import { sql, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createManualClock } from "@castellan/kernel";
import { createVault, generateMasterKey } from "@castellan/vault";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { signInMigrations } from "../migrations.ts";
import { createChallenges, type Challenges } from "./challenge.ts";

const clock = createManualClock();
const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
let database: Database;
let challenges: Challenges;

beforeAll(async () => {
  database = await createTestDatabase([accessMigrations, signInMigrations]);
  challenges = createChallenges({ database, vault, clock });
});
afterAll(() => database[Symbol.asyncDispose]());

test("it is good for what it was made for, in the browser that got it, for an hour", () => {
  const challenge = challenges.make("sign-in", "mine");
  expect(challenge).not.toBe(challenges.make("sign-in", "mine"));
  expect(challenges.isGood(challenge, "sign-in", "mine")).toBe(true);
  expect(challenges.isGood(challenge, "sign-in", "yours")).toBe(false);
  expect(challenges.isGood(challenge, "add", "mine")).toBe(false);
  clock.advance(3600_000 - 1);
  expect(challenges.isGood(challenge, "sign-in", "mine")).toBe(true);
  clock.advance(1);
  expect(challenges.isGood(challenge, "sign-in", "mine")).toBe(false);
});

test("one that was altered in any place, or made up, is not good", () => {
  const challenge = challenges.make("sign-in", "mine");
  const bytes = Buffer.from(challenge, "base64url");
  for (let at = 0; at < bytes.length; at += 1) {
    const altered = Buffer.from(bytes);
    altered[at] = (altered[at] ?? 0) ^ 1;
    expect(challenges.isGood(altered.toString("base64url"), "sign-in", "mine")).toBe(false);
  }
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(challenges.isGood(text, "sign-in", "mine")).toBe(false);
      expect(challenges.isGood(challenge + text, "sign-in", "mine")).toBe(text === "");
    }),
  );
});

test("it is answered once, by one of twenty at once, and forgotten when it would be good no more", async () => {
  const challenge = challenges.make("sign-in", "mine");
  const spent = await Promise.all(Array.from({ length: 20 }, () => challenges.spend(challenge)));
  expect(spent.filter(Boolean)).toHaveLength(1);
  expect(await challenges.spend(challenge)).toBe(false);
  await challenges.sweep();
  expect(await challenges.spend(challenge)).toBe(false);
  clock.advance(3600_001);
  await challenges.sweep();
  expect(await database.query(sql`select 1 from spent_challenges`)).toEqual([]);
});
