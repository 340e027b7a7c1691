import { createTestDatabase } from "@castellan/database/testing";
import { changeMigrations, sql, type Database } from "@castellan/database";
import { createManualClock, type Id } from "@castellan/kernel";
import { afterAll, beforeAll, expect, test } from "vitest";
import { accessMigrations } from "../migrations.ts";
import { createPeople } from "../people/people.ts";
import { createSignInSessions } from "../people/sign-in-sessions.ts";
import { generateSecret, hashSecret } from "../token-secret.ts";
import {
  addAccessToken,
  findAccessToken,
  revokeAccessToken,
  revokeAccessTokensOfRefresh,
} from "./access-tokens.ts";
import { addGrant, type NewGrant } from "./add-grant.ts";
import { endGrant } from "./end-grants.ts";
import { findGrant, livingGrants, pageGrants } from "./find-grants.ts";
import { proveGrant } from "./prove-grant.ts";

let database: Database;
let userId: Id<"user">;
let signInId: Id<"signIn">;
const clock = createManualClock();
const now = new Date(clock.now());
const later = new Date(clock.now() + 60_000);

beforeAll(async () => {
  database = await createTestDatabase([changeMigrations, accessMigrations]);
  const people = createPeople({ database, clock });
  const ada = { directory: "workforce", email: "ada@example.com", name: "Ada" } as const;
  userId = (await people.add(ada, { by: "owner" })).id;
  const { session } = await createSignInSessions({ database, clock }).begin({
    user: { id: userId },
    provider: "local",
    amr: ["pwd", "otp"],
    address: "192.0.2.1",
    userAgent: "a browser",
    lifetimeMs: 60_000,
  });
  signInId = session.id;
});
afterAll(() => database[Symbol.asyncDispose]());

const aGrant = (more: Partial<NewGrant> = {}): NewGrant => ({
  userId,
  clientId: "cli_1",
  clientName: "Editor",
  portal: "okrs",
  scopes: ["portal:okrs", "portal:okrs:read"],
  signInId,
  createdAt: now,
  expiresAt: later,
  ...more,
});

const aToken = (grantId: Id<"grant"> | undefined, refreshHash = hashSecret("none")) => ({
  hash: hashSecret(generateSecret("access")),
  grantId,
  clientId: "cli_1",
  portal: "okrs",
  scopes: ["portal:okrs"],
  createdAt: now,
  expiresAt: later,
  refreshHash,
});

async function changed(): Promise<[topic: string, key: string] | undefined> {
  const [row] = await database.query<{ topic: string; key: string }>(
    sql`select topic, key from changes order by seq desc limit 1`,
  );
  return row && [row.topic, row.key];
}

test("what was kept is found as it was", async () => {
  const grant = await addGrant(database, aGrant());
  expect(grant).toEqual({
    ...aGrant({ signInId: grant.signInId }),
    id: grant.id,
    provider: "local",
    amr: ["pwd", "otp"],
    provedAt: now,
    lastUsedAt: undefined,
    endedAt: undefined,
  });
  expect(await findGrant(database, grant.id)).toEqual(grant);
  expect(await findGrant(database, "grt_nothing")).toBeUndefined();
});

test("a newer proof takes the place of the one before, for one grant; it is told", async () => {
  const [grant, other] = [await addGrant(database, aGrant()), await addGrant(database, aGrant())];
  const proof = async () => {
    const { provider, amr, provedAt } = (await findGrant(database, grant.id)) ?? grant;
    return { provider, amr, provedAt };
  };
  await proveGrant(database, grant.id, { at: later, amr: ["hwk"] });
  expect(await changed()).toEqual(["grants", grant.id]);
  expect(await proof()).toEqual({ provider: "local", amr: ["hwk"], provedAt: later });
  await proveGrant(database, grant.id, { at: now, amr: ["pwd"] });
  expect(await proof()).toEqual({ provider: "local", amr: ["hwk"], provedAt: later });
  expect(await findGrant(database, other.id)).toEqual(other);
  await endGrant(database, other.id, { now });
  await proveGrant(database, other.id, { at: later, amr: ["hwk"] });
  expect(await findGrant(database, other.id)).toEqual({ ...other, endedAt: now });
});

test("living are those that neither ended nor ran out, of that client at that place", async () => {
  const who = { userId, clientId: "cli_living", portal: undefined };
  const [api, portal, other, over, ended] = await Promise.all([
    addGrant(database, aGrant(who)),
    addGrant(database, aGrant({ ...who, portal: "okrs" })),
    addGrant(database, aGrant({ clientId: "cli_other" })),
    addGrant(database, aGrant({ ...who, expiresAt: now })),
    addGrant(database, aGrant(who)),
  ]);
  await endGrant(database, ended.id, { now });
  expect(await livingGrants(database, who, now)).toEqual([api]);
  expect(await livingGrants(database, { ...who, portal: "okrs" }, now)).toEqual([portal]);
  const idsOf = async (filter: Partial<Parameters<typeof pageGrants>[1]>) =>
    (await pageGrants(database, { limit: 10, ...filter })).map(({ id }) => id);
  const newestFirst = (...ids: { id: string }[]) =>
    ids
      .map(({ id }) => id)
      .toSorted()
      .toReversed();
  expect(await idsOf({ clientId: "cli_living" })).toEqual(newestFirst(api, portal, over, ended));
  expect(await idsOf({ clientId: "cli_living", livingAt: now })).toEqual(newestFirst(api, portal));
  expect(await idsOf({ clientId: "cli_other", userId, portal: "okrs" })).toEqual([other.id]);
  const [first = "", ...rest] = await idsOf({ userId });
  expect(await idsOf({ userId, after: first as Id<"grant"> })).toEqual(rest);
  expect(await idsOf({ userId, limit: 1 })).toEqual([first]);
});

test("a token ends alone, with the refresh token that it came with, or with its grant", async () => {
  const { id } = await addGrant(database, aGrant());
  const refreshHash = hashSecret("refresh");
  const [alone, withRefresh, withGrant] = [aToken(id), aToken(id, refreshHash), aToken(id)];
  for (const token of [alone, withRefresh, withGrant]) await addAccessToken(database, token);
  expect(await findAccessToken(database, alone.hash)).toEqual(alone);

  const found = async () =>
    Promise.all(
      [alone, withRefresh, withGrant].map(async ({ hash }) => !!(await findAccessToken(database, hash))),
    );
  await revokeAccessToken(database, alone.hash, now);
  expect([await found(), await changed()]).toEqual([
    [false, true, true],
    ["access_tokens", alone.hash],
  ]);
  await database.transaction((tx) => revokeAccessTokensOfRefresh(tx, { grantId: id, refreshHash }, now));
  expect([await found(), await changed()]).toEqual([
    [false, false, true],
    ["access_tokens", withRefresh.hash],
  ]);
  await endGrant(database, id, { now });
  expect([await found(), await changed()]).toEqual([
    [false, false, false],
    ["grants", id],
  ]);
});
