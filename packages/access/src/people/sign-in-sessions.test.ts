import { changeMigrations, sql, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createId, createManualClock } from "@castellan/kernel";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { accessMigrations } from "../migrations.ts";
import { createPeople } from "./people.ts";
import { createSignInSessions, type SignInSessions } from "./sign-in-sessions.ts";
import type { User } from "./user.ts";

let database: Database;
let sessions: SignInSessions;
let ada: User;
const clock = createManualClock(Date.UTC(2026, 0, 1));
const minuteMs = 60_000;

const begin = (more: object = {}) =>
  sessions.begin({
    user: ada,
    provider: "local",
    amr: ["pwd", "otp"],
    address: "192.0.2.1",
    userAgent: "Browser\0 \ud800",
    lifetimeMs: 600 * minuteMs,
    ...more,
  });

const livingGrants = async () =>
  (await database.query<{ id: string }>(sql`select id from grants where ended_at is null order by id`)).map(
    ({ id }) => id,
  );

async function give(signInId: string): Promise<string> {
  const id = createId("grant");
  await database.query(sql`
    insert into grants (id, user_id, client_id, client_name, scopes, sign_in_id, created_at, expires_at)
    values (${id}, ${ada.id}, 'c', 'C', '{api}', ${signInId}, now(), now())`);
  return id;
}

beforeAll(async () => {
  database = await createTestDatabase([changeMigrations, accessMigrations]);
  sessions = createSignInSessions({ database, clock, idleMs: 60 * minuteMs });
});
beforeEach(async () => {
  await database.query(sql`truncate users cascade`);
  const people = createPeople({ database, clock });
  ada = await people.add({ directory: "workforce", email: "a@b.c", name: "Ada" }, { by: "admin" });
});
afterAll(() => database[Symbol.asyncDispose]());

test("a session is found by its secret, of which the table holds only a hash", async () => {
  const { session, secret } = await begin();
  expect(session).toEqual({
    id: expect.stringMatching(/^sgn_/) as string,
    userId: ada.id,
    provider: "local",
    amr: ["pwd", "otp"],
    authenticatedAt: new Date(clock.now()),
    createdAt: new Date(clock.now()),
    lastUsedAt: new Date(clock.now()),
    expiresAt: new Date(clock.now() + 600 * minuteMs),
    endedAt: undefined,
    address: "192.0.2.1",
    userAgent: "Browser \ufffd",
  });
  expect(await sessions.find(secret)).toEqual({
    session,
    user: { ...ada, lastSignedInAt: new Date(clock.now()) },
  });
  expect(Buffer.from(secret, "base64url")).toHaveLength(32);
  expect((await begin()).secret).not.toBe(secret);
  const rows = JSON.stringify(await database.query(sql`select s::text from sign_in_sessions s`));
  expect(rows).not.toContain(secret);
  expect(rows).not.toContain(Buffer.from(secret, "base64url").toString("hex"));
  expect(await sessions.find(`${secret}x`)).toBeUndefined();
  expect(await sessions.find("")).toBeUndefined();
});

test("it ends by its lifetime, and when nobody uses it", async () => {
  const { secret } = await begin({ lifetimeMs: 100 * minuteMs });
  clock.advance(59 * minuteMs);
  expect((await sessions.find(secret))?.session.id).toBeDefined();
  clock.advance(40 * minuteMs);
  expect((await sessions.find(secret))?.session.id).toBeDefined();
  clock.advance(1 * minuteMs);
  expect(await sessions.find(secret)).toBeUndefined();

  const idle = await begin();
  clock.advance(60 * minuteMs);
  expect(await sessions.find(idle.secret)).toBeUndefined();
  expect(await sessions.list(ada.id)).toEqual([]);
  expect(await sessions.prove(idle.session.id, ["hwk"])).toBeUndefined();
});

test("a fresh proof takes the place of the one before, and the secret is another one from then on", async () => {
  const { session, secret } = await begin({ amr: ["hwk", "mfa"] });
  clock.advance(minuteMs);
  const proved = await sessions.prove(session.id, ["pwd"]);
  expect(proved?.session).toMatchObject({
    id: session.id,
    amr: ["pwd"],
    authenticatedAt: new Date(clock.now()),
    createdAt: session.createdAt,
  });
  expect((await sessions.find(proved?.secret ?? ""))?.session.amr).toEqual(["pwd"]);
  expect(await sessions.find(secret)).toBeUndefined();
});

test("a proof is noted as of when it was made, and an older one takes nothing from a newer one", async () => {
  const [hourAgo, minuteAgo] = [new Date(clock.now() - 60 * minuteMs), new Date(clock.now() - minuteMs)];
  const { session } = await begin({ authenticatedAt: hourAgo });
  expect(session).toMatchObject({ authenticatedAt: hourAgo, createdAt: new Date(clock.now()) });
  const newer = await sessions.prove(session.id, ["otp"], minuteAgo);
  expect(newer?.session).toMatchObject({ authenticatedAt: minuteAgo, amr: ["otp"] });
  const older = await sessions.prove(session.id, ["hwk", "mfa"], hourAgo);
  expect(older?.session).toMatchObject({ authenticatedAt: minuteAgo, amr: ["otp"] });
});

test("ended, it takes what was given in it along, unless asked not to; the others stay", async () => {
  const [one, two, three] = [await begin(), await begin(), await begin()];
  const grants = [await give(one.session.id), await give(two.session.id), await give(three.session.id)];
  await sessions.end(one.session.id);
  await sessions.end(one.session.id);
  expect(await sessions.find(one.secret)).toBeUndefined();
  expect(await livingGrants()).toEqual([grants[1], grants[2]]);
  await sessions.end(two.session.id, { keepsGrants: true });
  expect(await livingGrants()).toEqual([grants[1], grants[2]]);
  expect((await sessions.list(ada.id)).map(({ id }) => id)).toEqual([three.session.id]);
  const none = { code: "sign_in_not_found", status: 404 };
  await expect(sessions.end(createId("signIn"))).rejects.toMatchObject(none);
  await expect(sessions.end(three.session.id, { userId: createId("user") })).rejects.toMatchObject(none);
  expect((await sessions.find(three.secret))?.user.id).toBe(ada.id);
});

test("all others end, and this one stays", async () => {
  const [here, there] = [await begin(), await begin()];
  await begin();
  expect(await sessions.endOthers(ada.id, here.session.id)).toBe(2);
  expect((await sessions.list(ada.id)).map(({ id }) => id)).toEqual([here.session.id]);
  expect(await sessions.find(there.secret)).toBeUndefined();
  expect(await sessions.endOthers(ada.id, undefined)).toBe(1);
});

test("what ended long ago is forgotten", async () => {
  await begin();
  clock.advance(20 * 86_400_000);
  const { session } = await begin();
  await sessions.end(session.id);
  clock.advance(11 * 86_400_000);
  const living = await begin();
  expect(await sessions.sweep()).toBe(1);
  clock.advance(20 * 86_400_000);
  expect(await sessions.sweep()).toBe(1);
  expect(await sessions.find(living.secret)).toBeUndefined();
});
