import { changeMigrations, createChangeFeed, sql, type ChangeFeed, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createId, createManualClock } from "@castellan/kernel";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createAuthenticator, type Authenticator } from "../authenticator.ts";
import { accessMigrations } from "../migrations.ts";
import type { Role } from "../roles.ts";
import { changeToken } from "./change-token.ts";
import { createToken } from "./create-token.ts";
import { rotateToken } from "./rotate-token.ts";
import type { TokenInput } from "./service-token.ts";
import { revokeToken } from "./tokens.ts";

let database: Database;
let feed: ChangeFeed;
let authenticator: Authenticator;
const clock = createManualClock(Date.UTC(2026, 0, 1));
const hourMs = 3_600_000;
const api = { kind: "api" } as const;

beforeAll(async () => {
  database = await createTestDatabase([changeMigrations, accessMigrations]);
  feed = await createChangeFeed({ database });
  authenticator = createAuthenticator({ database, feed, clock });
});
beforeEach(async () => {
  await database.query(sql`truncate tokens cascade`);
});
afterAll(async () => {
  await authenticator[Symbol.asyncDispose]();
  await feed[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const make = (more: Partial<TokenInput> = {}) =>
  createToken(database, { name: "ci", role: "member", createdBy: "test", ...more }, clock.now());
const acting = (by: Role = "admin") => ({ by, nowMs: clock.now() });
const rotate = (id: Parameters<typeof rotateToken>[1], overlapMs = hourMs, by: Role = "admin") =>
  rotateToken(database, id, { ...acting(by), overlapMs });

/** What is answered to whoever comes with each of these. */
async function comeWith(...secrets: string[]): Promise<string[]> {
  await feed.flush();
  return Promise.all(
    secrets.map((secret) =>
      authenticator.authenticate(secret, api).then(
        ({ name }) => name,
        ({ code }: { code: string }) => code,
      ),
    ),
  );
}

test("both secrets are good for as long as told, and then the new one alone", async () => {
  const { token, secret } = await make();
  expect(await comeWith(secret)).toEqual(["ci"]);
  const rotated = await rotate(token.id);
  expect(rotated).toEqual({
    token,
    secret: expect.stringMatching(/^cst_/) as string,
    previousUntilMs: clock.now() + hourMs,
  });
  expect(await comeWith(secret, rotated.secret)).toEqual(["ci", "ci"]);
  clock.advance(hourMs);
  expect(await comeWith(secret, rotated.secret)).toEqual(["token_expired", "ci"]);
  const third = await rotate(token.id);
  expect(await comeWith(secret, rotated.secret, third.secret)).toEqual(["token_invalid", "ci", "ci"]);
});

test("without an overlap every older secret ends at once", async () => {
  const { token, secret } = await make();
  const second = await rotate(token.id);
  expect(await comeWith(secret, second.secret)).toEqual(["ci", "ci"]);
  const third = await rotate(token.id, 0);
  expect(third.previousUntilMs).toBeUndefined();
  expect(await comeWith(secret, second.secret, third.secret)).toEqual([
    "token_invalid",
    "token_invalid",
    "ci",
  ]);
});

test("rotated twenty times at once it is rotated once, and whoever uses it has the time that was promised", async () => {
  const { token, secret } = await make();
  const tried = await Promise.allSettled(Array.from({ length: 20 }, () => rotate(token.id)));
  const made = tried.flatMap((each) => (each.status === "fulfilled" ? [each.value.secret] : []));
  const codes = tried.flatMap((each) => (each.status === "rejected" ? [each.reason.code as string] : []));
  expect([made.length, [...new Set(codes)]]).toEqual([1, ["token_rotating"]]);
  expect(await comeWith(secret, ...made)).toEqual(["ci", "ci"]);

  const cut = await Promise.all(Array.from({ length: 20 }, () => rotate(token.id, 0)));
  const answers = await comeWith(secret, ...cut.map((each) => each.secret));
  expect(answers.toSorted()).toEqual(["ci", ...Array.from({ length: 20 }, () => "token_invalid")]);
});

test("a token that ends, ends with all of its secrets", async () => {
  const { token, secret } = await make({ expiresAtMs: clock.now() + hourMs / 2 });
  const rotated = await rotate(token.id);
  clock.advance(hourMs / 2);
  expect(await comeWith(secret, rotated.secret)).toEqual(["token_expired", "token_expired"]);
  await expect(rotate(token.id)).rejects.toMatchObject({ code: "token_ended", status: 409 });
  const other = await make();
  const both = [other.secret, (await rotate(other.token.id)).secret];
  expect(await comeWith(...both)).toEqual(["ci", "ci"]);
  await revokeToken(database, other.token.id, clock.now());
  expect(await comeWith(...both)).toEqual(["token_invalid", "token_invalid"]);
});

test("nobody gets the secret of a token that can do more than they, nor changes it", async () => {
  const refused = { code: "permission_required", status: 403 };
  for (const [role, by] of [
    ["owner", "admin"],
    ["admin", "auditor"],
    ["auditor", "developer"],
  ] as const) {
    const { token } = await make({ name: role, role });
    await expect(rotate(token.id, 0, by)).rejects.toMatchObject(refused);
    await expect(changeToken(database, token.id, { name: "x" }, acting(by))).rejects.toMatchObject(refused);
  }
});

test("a change is noticed at once by whoever uses it, raises the version, and is refused for an older one", async () => {
  const { token, secret } = await make({ portals: ["main"] });
  expect((await authenticator.authenticate(secret, api)).scopes).toEqual(["portal:main", "portal:main:read"]);
  const expiresAtMs = clock.now() + hourMs;
  const changed = await changeToken(
    database,
    token.id,
    { name: "ci-2", portals: ["main"], allow: ["write"], expiresAtMs },
    { ...acting(), ifMatch: 1 },
  );
  const scopes = ["portal:main", "portal:main:write"];
  expect(changed).toEqual({ ...token, name: "ci-2", scopes, expiresAtMs, version: 2 });
  expect(await comeWith(secret)).toEqual(["ci-2"]);
  expect((await authenticator.authenticate(secret, api)).scopes).toEqual(scopes);
  const { expiresAtMs: _, ...forever } = changed;
  expect(await changeToken(database, token.id, { expiresAtMs: null }, acting())).toEqual({
    ...forever,
    version: 3,
  });
  expect((await changeToken(database, token.id, { name: "ci-2" }, acting())).version).toBe(3);
  await expect(
    changeToken(database, token.id, { scopes: [] }, { ...acting(), ifMatch: 2 }),
  ).rejects.toMatchObject({ code: "version_stale", status: 412 });
});

test("a change that cannot be", async () => {
  const { token } = await make();
  await make({ name: "other" });
  const change = (wanted: object, id = token.id) => changeToken(database, id, wanted, acting());
  await expect(change({ name: "other" })).rejects.toMatchObject({ code: "token_name_taken", field: "name" });
  await expect(async () => change({ expiresAtMs: clock.now() })).rejects.toMatchObject({
    field: "expiresAt",
  });
  await expect(async () => change({ scopes: ["api"] })).rejects.toMatchObject({ field: "scopes[0]" });
  await expect(change({ name: "x" }, createId("token"))).rejects.toMatchObject({ code: "token_not_found" });
  await revokeToken(database, token.id, clock.now());
  await expect(change({ name: "x" })).rejects.toMatchObject({ code: "token_ended" });
});
