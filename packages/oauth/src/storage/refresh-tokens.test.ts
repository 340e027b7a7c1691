import { createTestDatabase } from "@castellan/database/testing";
import {
  accessMigrations,
  addGrant,
  createPeople,
  createSignInSessions,
  hashSecret,
  type SecretHash,
} from "@castellan/access";
import { changeMigrations, sql, type Database } from "@castellan/database";
import { createManualClock } from "@castellan/kernel";
import { vaultMigrations } from "@castellan/vault";
import { afterAll, beforeAll, expect, test } from "vitest";
import { storageMigrations } from "./migrations.ts";
import {
  addRefreshToken,
  addSuccessor,
  findRefreshToken,
  parallelMs,
  rotate,
  type NewRefreshToken,
  type Rotation,
} from "./refresh-tokens.ts";

let database: Database;
let grantId: string;
const clock = createManualClock();
const now = () => new Date(clock.now());
const expiresAt = new Date(clock.now() + 1_000_000_000);

beforeAll(async () => {
  database = await createTestDatabase([
    changeMigrations,
    vaultMigrations,
    accessMigrations,
    storageMigrations,
  ]);
  const people = createPeople({ database, clock });
  const user = await people.add(
    { directory: "workforce", email: "ada@example.com", name: "Ada" },
    { by: "owner" },
  );
  const { session } = await createSignInSessions({ database, clock }).begin({
    user: { id: user.id },
    provider: "local",
    amr: ["pwd", "otp"],
    address: "192.0.2.1",
    userAgent: "a browser",
    lifetimeMs: 3_600_000,
  });
  const grant = await addGrant(database, {
    userId: user.id,
    clientId: "cli_1",
    clientName: "Editor",
    portal: "okrs",
    scopes: ["portal:okrs"],
    signInId: session.id,
    createdAt: now(),
    expiresAt,
  });
  grantId = grant.id;
});
afterAll(() => database[Symbol.asyncDispose]());

let number = 0;
const aToken = (): NewRefreshToken => ({
  hash: hashSecret(`token ${(number += 1)}`),
  grantId,
  payload: { number },
  expiresAt,
});

async function first(): Promise<NewRefreshToken> {
  const token = aToken();
  await addRefreshToken(database, token);
  return token;
}

async function rotated(hash: SecretHash): Promise<Rotation> {
  const outcome = await rotate(database, hash, now());
  if (outcome.kind !== "rotated") throw new Error(outcome.kind);
  return outcome.rotation;
}

test("a slow exchange whose successor comes after a later exchange began leaves no second one", async () => {
  const { hash } = await first();
  const slow = await rotated(hash);
  clock.advance(parallelMs);
  const quick = await rotated(hash);
  const [late, kept] = [aToken(), aToken()];
  expect(await addSuccessor(database, late, slow)).toBe(false);
  expect(await addSuccessor(database, kept, quick)).toBe(true);
  expect([
    await findRefreshToken(database, late.hash),
    (await findRefreshToken(database, kept.hash))?.isOver,
  ]).toEqual([undefined, false]);
});

test("a successor is written before a later exchange looks for it, or not at all", async () => {
  const { hash } = await first();
  const slow = await rotated(hash);
  clock.advance(parallelMs);
  const late = aToken();
  const writing = Promise.withResolvers<void>();
  const written = database.transaction(async (tx) => {
    const isAdded = await addSuccessor(
      { ...database, query: (statement) => tx.query(statement) },
      late,
      slow,
    );
    writing.resolve();
    // The other exchange waits for this transaction: it is seen to before it ends.
    await waitsForLock();
    return isAdded;
  });
  await writing.promise;
  const quick = rotated(hash);
  expect(await written).toBe(true);
  await quick;
  expect(await rotate(database, late.hash, now())).toEqual({ kind: "void" });
});

test("the id of a token is not in its row", async () => {
  const { hash } = await first();
  expect((await findRefreshToken(database, hash))?.payload).toEqual({ number });
  expect(await findRefreshToken(database, hashSecret("nothing"))).toBeUndefined();
});

/** Until some statement waits for a lock of another. */
async function waitsForLock(): Promise<void> {
  for (;;) {
    const [row] = await database.query<{ waiting: number }>(sql`
      select count(*)::int as waiting from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`);
    if ((row?.waiting ?? 0) > 0) return;
  }
}
