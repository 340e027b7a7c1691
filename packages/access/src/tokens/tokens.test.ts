import { sql, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createId, type Id } from "@castellan/kernel";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createToken } from "./create-token.ts";
import { ensureAdminToken } from "./first-admin.ts";
import { accessMigrations } from "../migrations.ts";
import type { TokenInput } from "./service-token.ts";
import { hashSecret } from "../token-secret.ts";
import { getToken, listTokens, revokeToken } from "./tokens.ts";

let database: Database;
const nowMs = Date.UTC(2026, 0, 1);
const hourMs = 3_600_000;

const input = (overrides: Partial<TokenInput> = {}): TokenInput => ({
  name: "ci",
  role: "member",
  portals: ["main"],
  createdBy: "tok_admin",
  ...overrides,
});

beforeAll(async () => {
  database = await createTestDatabase([accessMigrations]);
});

beforeEach(async () => {
  await database.query(sql`truncate tokens cascade`);
});

afterAll(() => database[Symbol.asyncDispose]());

test("a token is kept as it was asked for; in short, a portal is reading there", async () => {
  const asked = input({ portals: ["tools", "main", "main"], expiresAtMs: nowMs + hourMs });
  const { token } = await createToken(database, asked, nowMs);
  expect(token).toEqual({
    id: expect.stringMatching(/^tok_[0-9a-f]{32}$/),
    name: "ci",
    role: "member",
    scopes: ["portal:main", "portal:main:read", "portal:tools", "portal:tools:read"],
    version: 1,
    createdAtMs: nowMs,
    createdBy: "tok_admin",
    expiresAtMs: nowMs + hourMs,
  });
  expect(await getToken(database, token.id)).toEqual(token);
  expect(await listTokens(database)).toEqual([token]);
});

test("scopes are sorted, each once, and who may do something at a portal may enter it", async () => {
  const scopesOf = async (asked: Partial<TokenInput>) => {
    const { token } = await createToken(
      database,
      input({ name: createId("token").slice(0, 64), ...asked }),
      nowMs,
    );
    return token.scopes;
  };
  expect(await scopesOf({ portals: [] })).toEqual([]);
  expect(await scopesOf({ portals: undefined, scopes: ["okrs:write", "portal:a", "okrs:write"] })).toEqual([
    "okrs:write",
    "portal:a",
  ]);
  expect(await scopesOf({ scopes: ["portal:a:write"], allow: ["destructive"] })).toEqual([
    "portal:a",
    "portal:a:write",
    "portal:main",
    "portal:main:destructive",
  ]);
});

test("what it names is held in the transaction that makes it", async () => {
  const named: unknown[] = [];
  const hold = async (_: unknown, what: unknown) => void named.push(what);
  await createToken(database, input({ scopes: ["okrs:read", "okrs:write"] }), nowMs, hold);
  expect(named).toEqual([{ portals: ["main"], servers: ["okrs"] }]);
  const refuse = () => Promise.reject(new Error("not there"));
  await expect(createToken(database, input({ name: "x" }), nowMs, refuse)).rejects.toThrow("not there");
  expect(await listTokens(database)).toHaveLength(1);
});

test("the database holds the hash of a secret and nowhere the secret", async () => {
  const { secret } = await createToken(database, input(), nowMs);
  const tables = await database.query<{ name: string }>(
    sql`select table_name as name from information_schema.tables where table_schema = 'public'`,
  );
  let dump = "";
  for (const { name } of tables) {
    const rows = await database.query({ text: `select t::text from "${name}" t`, values: [] });
    dump += JSON.stringify(rows);
  }
  const hex = (text: string) => Buffer.from(text).toString("hex");
  expect(dump.includes(Buffer.from(hashSecret(secret), "base64url").toString("hex"))).toBe(true);
  const body = secret.slice(4, 47);
  for (const form of [body, hex(body), Buffer.from(body, "base64url").toString("hex")])
    expect(dump.includes(form)).toBe(false);
});

test.each<[Partial<TokenInput>, string]>([
  [{ name: "" }, "name"],
  [{ name: "x".repeat(65) }, "name"],
  [{ name: " ci" }, "name"],
  [{ name: "c\u0000i" }, "name"],
  [{ name: "c\u202ei" }, "name"],
  [{ name: "c\ud800i" }, "name"],
  [{ role: "root" as never }, "role"],
  [{ portals: ["main", "No Slug"] }, "portals[1]"],
  [{ portals: Array.from({ length: 501 }, (_, n) => `p${n}`) }, "portals"],
  [{ allow: ["all" as never] }, "allow"],
  [{ scopes: ["portal:main", "portal:main:all"] }, "scopes[1]"],
  [{ scopes: ["api"] }, "scopes[0]"],
  [{ scopes: ["a:read:b"] }, "scopes[0]"],
  [{ portals: [], scopes: ["okrs:read"] }, "scopes"],
  [{ scopes: Array.from({ length: 2001 }, (_, n) => `s${n}:read`) }, "scopes"],
  [{ expiresAtMs: nowMs }, "expiresAt"],
  [{ expiresAtMs: Number.NaN }, "expiresAt"],
  [{ expiresAtMs: Number.POSITIVE_INFINITY }, "expiresAt"],
])("%j is refused, naming the field", async (wrong, field) => {
  await expect(async () => createToken(database, input(wrong), nowMs)).rejects.toMatchObject({
    code: "invalid_input",
    field,
  });
});

test("a name belongs to one living token: not to a revoked, not to an expired one", async () => {
  const taken = { code: "token_name_taken", field: "name", status: 409 };
  const first = await createToken(database, input({ expiresAtMs: nowMs + hourMs }), nowMs);
  await expect(createToken(database, input(), nowMs)).rejects.toMatchObject(taken);
  const second = await createToken(database, input(), nowMs + hourMs);
  expect(await getToken(database, first.token.id)).toMatchObject({ revokedAtMs: nowMs + hourMs });
  await expect(createToken(database, input(), nowMs + hourMs)).rejects.toMatchObject(taken);
  await revokeToken(database, second.token.id, nowMs + hourMs);
  expect((await createToken(database, input(), nowMs + hourMs)).token.name).toBe("ci");
});

test("of many who want one name at once, one gets it", async () => {
  const wanted = await Promise.allSettled(
    Array.from({ length: 8 }, () => createToken(database, input(), nowMs)),
  );
  const refused = wanted.flatMap((each) => (each.status === "rejected" ? [each.reason.code] : []));
  expect(refused).toEqual(Array.from({ length: 7 }, () => "token_name_taken"));
});

test("revoking twice is revoking once; an unknown id is not found", async () => {
  const { token } = await createToken(database, input(), nowMs);
  const revoked = await revokeToken(database, token.id, nowMs + 1);
  expect(revoked).toEqual({ ...token, revokedAtMs: nowMs + 1 });
  expect(await revokeToken(database, token.id, nowMs + 2)).toEqual(revoked);
  const nobody = createId("token");
  await expect(revokeToken(database, nobody, nowMs)).rejects.toMatchObject({
    code: "token_not_found",
    status: 404,
  });
  await expect(getToken(database, nobody)).rejects.toMatchObject({ code: "token_not_found" });
});

test("the list is newest first, in pages, the revoked only if asked for", async () => {
  const ids: Id<"token">[] = [];
  for (let n = 0; n < 5; n++)
    ids.push((await createToken(database, input({ name: `t${n}` }), nowMs)).token.id);
  await revokeToken(database, ids[1]!, nowMs);
  const list = async (filter = {}) => (await listTokens(database, filter)).map(({ id }) => ids.indexOf(id));
  expect(await list()).toEqual([4, 3, 2, 0]);
  expect(await list({ includeRevoked: true, limit: 2 })).toEqual([4, 3]);
  expect(await list({ includeRevoked: true, limit: 2, after: ids[3] })).toEqual([2, 1]);
  await expect(list({ limit: 0 })).rejects.toMatchObject({ code: "invalid_input", field: "limit" });
});

const keep = () => Promise.resolve();

test("an admin token that cannot be kept is not made", async () => {
  const refuse = () => Promise.reject(new Error("read-only"));
  await expect(ensureAdminToken(database, { nowMs, keep: refuse })).rejects.toThrow("read-only");
  expect(await listTokens(database)).toEqual([]);
  const kept: unknown[] = [];
  const created = await ensureAdminToken(database, {
    nowMs,
    keep: async (token) => void kept.push(token),
  });
  expect(kept).toEqual([created]);
});

test("replicas that start together make one admin token between them", async () => {
  const made = await Promise.all(
    Array.from({ length: 6 }, () => ensureAdminToken(database, { nowMs, keep })),
  );
  const [created, ...more] = made.filter((each) => each !== null);
  expect(more).toEqual([]);
  expect(await listTokens(database)).toEqual([created?.token]);
  expect(created?.token).toMatchObject({ name: "admin", role: "admin", createdBy: "setup" });
});

test("an admin token is made again when none is living, under a name that is free", async () => {
  const first = await ensureAdminToken(database, { nowMs, keep });
  expect(await ensureAdminToken(database, { nowMs, keep })).toBeNull();
  await revokeToken(database, first!.token.id, nowMs);
  await createToken(database, input({ name: "admin" }), nowMs);
  const second = await ensureAdminToken(database, { nowMs, keep });
  expect(second?.token.name).toMatch(/^admin-[0-9a-f]{8}$/);

  await revokeToken(database, second!.token.id, nowMs);
  await createToken(database, input({ name: "short", role: "admin", expiresAtMs: nowMs + hourMs }), nowMs);
  expect(await ensureAdminToken(database, { nowMs, keep })).toBeNull();
  expect(await ensureAdminToken(database, { nowMs: nowMs + hourMs, keep })).not.toBeNull();
});
