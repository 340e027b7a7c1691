import { inspect } from "node:util";
import {
  createChangeFeed,
  sql,
  type ChangeFeed,
  type Database,
  type SqlStatement,
} from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createManualClock, isFault, type ManualClock } from "@castellan/kernel";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createAuthenticator, type Authenticator, type AuthenticatorOptions } from "./authenticator.ts";
import { createToken } from "./create-token.ts";
import { accessMigrations } from "./migrations.ts";
import type { CreatedToken, TokenInput } from "./service-token.ts";
import { generateSecret } from "./token-secret.ts";
import { getToken, revokeToken } from "./tokens.ts";

let database: Database;
let stack: AsyncDisposableStack;
let clock: ManualClock;
let lookups: number;

/** The same database, counting the look-ups of tokens. */
function counted(of: Database): Database {
  return {
    ...of,
    connection: of.connection,
    query: <Row extends object>(statement: SqlStatement) => {
      if (statement.name === "access_find_tokens") lookups += 1;
      return of.query<Row>(statement);
    },
  };
}

async function openReplica(
  options: Partial<AuthenticatorOptions> = {},
): Promise<{ feed: ChangeFeed; authenticator: Authenticator }> {
  const feed = stack.use(await createChangeFeed({ database, clock }));
  const authenticator = stack.use(
    createAuthenticator({ database: counted(database), feed, clock, ...options }),
  );
  return { feed, authenticator };
}

beforeAll(async () => {
  database = await createTestDatabase([accessMigrations]);
});

beforeEach(async () => {
  await database.query(sql`truncate tokens cascade`);
  stack = new AsyncDisposableStack();
  clock = createManualClock();
  lookups = 0;
});

afterEach(() => stack.disposeAsync());

afterAll(() => database[Symbol.asyncDispose]());

const create = (overrides: Partial<TokenInput> = {}): Promise<CreatedToken> =>
  createToken(
    database,
    { name: "ci", role: "member", portals: ["main"], createdBy: "setup", ...overrides },
    clock.now(),
  );

const outcome = (attempt: Promise<unknown>) =>
  attempt.then(
    () => "let in",
    (error: unknown) => (isFault(error) ? error.code : error),
  );

test("a token says who its holder is; the second time without the database", async () => {
  const { authenticator, feed } = await openReplica();
  const { token, secret } = await create({ role: "admin", portals: ["main", "tools"] });
  // What the feed says of the making of the token must not fall between the two.
  await feed.flush();
  const principal = await authenticator.authenticate(secret);
  expect(principal).toEqual({
    kind: "service",
    id: token.id,
    name: "ci",
    role: "admin",
    scopes: ["main", "tools"].flatMap(wholePortal),
  });
  expect(await authenticator.authenticate(secret)).toBe(principal);
  expect(lookups).toBe(1);
});

test("a token of no portals is a token of no portals", async () => {
  const { authenticator } = await openReplica();
  const { secret } = await create({ portals: [] });
  expect((await authenticator.authenticate(secret)).scopes).toEqual([]);
});

test("a revocation on one replica is felt on another, and is told like an unknown token", async () => {
  const [here, there] = [await openReplica(), await openReplica()];
  const { token, secret } = await create();
  for (const { authenticator } of [here, there]) await authenticator.authenticate(secret);
  await revokeToken(database, token.id, clock.now());
  await there.feed.flush();
  const revoked = await there.authenticator.authenticate(secret).catch((error: unknown) => error);
  const unknown = await there.authenticator.authenticate(generateSecret()).catch((error: unknown) => error);
  expect(revoked).toMatchObject({ code: "token_invalid", status: 401 });
  expect(inspect({ ...(revoked as Error) })).toBe(inspect({ ...(unknown as Error) }));
  expect((revoked as Error).message).toBe((unknown as Error).message);
});

test("what was looked up while the token was being revoked is not kept", async () => {
  const release = Promise.withResolvers<void>();
  const read = Promise.withResolvers<void>();
  const feed = stack.use(await createChangeFeed({ database, clock }));
  const slow: Database = {
    ...database,
    connection: database.connection,
    query: async <Row extends object>(statement: SqlStatement) => {
      const rows = await database.query<Row>(statement);
      read.resolve();
      await release.promise;
      return rows;
    },
  };
  const authenticator = createAuthenticator({ database: slow, feed, clock });
  const { token, secret } = await create();
  const during = authenticator.authenticate(secret);
  await read.promise;
  await revokeToken(database, token.id, clock.now());
  await feed.flush();
  release.resolve();
  expect(await outcome(during)).toBe("let in");
  expect(await outcome(authenticator.authenticate(secret))).toBe("token_invalid");
  await authenticator[Symbol.asyncDispose]();
});

test("a token expires on time, also when it is known already", async () => {
  const { authenticator, feed } = await openReplica();
  const { secret } = await create({ expiresAtMs: clock.now() + 1_000 });
  expect(await outcome(authenticator.authenticate(secret))).toBe("let in");
  clock.advance(999);
  expect(await outcome(authenticator.authenticate(secret))).toBe("let in");
  clock.advance(1);
  await feed.flush();
  expect(await outcome(authenticator.authenticate(secret))).toBe("token_expired");
});

test("a replica that cannot read changes lets nobody in, until it can", async () => {
  const { authenticator, feed } = await openReplica();
  const { secret } = await create();
  await authenticator.authenticate(secret);
  clock.advance(5_001);
  expect(await outcome(authenticator.authenticate(secret))).toBe("replica_stale");
  await feed.flush();
  expect(await outcome(authenticator.authenticate(secret))).toBe("let in");
});

test("what has not the shape of a token is refused without the database", async () => {
  const { authenticator } = await openReplica();
  const secret = generateSecret();
  const wrong = [
    "x",
    "cst_",
    secret.slice(0, -1),
    `${secret}A`,
    secret.toUpperCase(),
    `${secret.slice(0, -1)}\0`,
  ];
  for (const bearer of wrong) expect(await outcome(authenticator.authenticate(bearer))).toBe("token_invalid");
  expect(await outcome(authenticator.authenticate(""))).toBe("token_missing");
  expect(lookups).toBe(0);
});

test("an unknown token is looked up once, and again after any token has changed", async () => {
  const { authenticator, feed } = await openReplica();
  const secret = generateSecret();
  for (let n = 0; n < 3; n++) expect(await outcome(authenticator.authenticate(secret))).toBe("token_invalid");
  expect(lookups).toBe(1);
  await create();
  await feed.flush();
  expect(await outcome(authenticator.authenticate(secret))).toBe("token_invalid");
  expect(lookups).toBe(2);
});

test("a flood of made-up tokens takes few look-ups, and what is too many is told to come again", async () => {
  const { authenticator, feed } = await openReplica({ maxWaiting: 150, maxCached: 50 });
  const { secret } = await create();
  // The word of its making would make the replica look it up once more, in the middle of the flood.
  await feed.flush();
  await authenticator.authenticate(secret);
  lookups = 0;
  const flood = Array.from({ length: 300 }, () => outcome(authenticator.authenticate(generateSecret())));
  expect(await outcome(authenticator.authenticate(secret))).toBe("let in");
  const answers = Object.groupBy(await Promise.all(flood), (answer) => String(answer));
  expect(Object.keys(answers).toSorted()).toEqual(["token_check_unavailable", "token_invalid"]);
  expect(lookups).toBeLessThanOrEqual(3);
});

test("more tokens than are kept in memory still work", async () => {
  const { authenticator, feed } = await openReplica({ maxCached: 2 });
  const created = [];
  for (const name of ["a", "b", "c"]) created.push(await create({ name }));
  for (let round = 0; round < 2; round++)
    for (const { secret, token } of created)
      expect((await authenticator.authenticate(secret)).name).toBe(token.name);
  await revokeToken(database, created[2]!.token.id, clock.now());
  await feed.flush();
  expect(await outcome(authenticator.authenticate(created[2]!.secret))).toBe("token_invalid");
});

test("a database that fails is not the token's fault", async () => {
  const feed = stack.use(await createChangeFeed({ database, clock }));
  const broken: Database = { ...database, query: () => Promise.reject(new Error("connection lost")) };
  await using authenticator = createAuthenticator({ database: broken, feed, clock });
  await expect(authenticator.authenticate(generateSecret())).rejects.toMatchObject({
    code: "token_check_unavailable",
    status: 503,
    retryable: true,
  });
});

test("the last use is written for all, at most once a minute", async () => {
  const { token, secret } = await create();
  const lastUsed = async () => (await getToken(database, token.id)).lastUsedAtMs;
  const usedAt: number[] = [];
  for (const waitMs of [0, 59_999, 1]) {
    clock.advance(waitMs);
    const { authenticator } = await openReplica();
    for (let n = 0; n < 3; n++) await authenticator.authenticate(secret);
    await authenticator[Symbol.asyncDispose]();
    usedAt.push((await lastUsed())! - token.createdAtMs);
  }
  expect(usedAt).toEqual([0, 0, 60_000]);
});

test("two replicas that write last uses do not wait for each other", async () => {
  const { token, secret } = await create();
  await database.transaction(async (tx) => {
    await tx.query(sql`select from tokens where id = ${token.id} for update`);
    const { authenticator } = await openReplica();
    await authenticator.authenticate(secret);
    await authenticator[Symbol.asyncDispose]();
  });
  expect((await getToken(database, token.id)).lastUsedAtMs).toBeUndefined();
});

test("no fault repeats the token", async () => {
  const { authenticator } = await openReplica();
  const { token, secret } = await create({ expiresAtMs: clock.now() + 1 });
  const faults = [];
  clock.advance(1);
  faults.push(await authenticator.authenticate(secret).catch((error: unknown) => error));
  await revokeToken(database, token.id, clock.now());
  faults.push(await authenticator.authenticate(generateSecret()).catch((error: unknown) => error));
  const told = inspect(faults, { depth: 9, showHidden: true });
  expect(told).toContain("token_expired");
  expect(/cst_[\w-]{8}/.test(told)).toBe(false);
});

function wholePortal(slug: string): string[] {
  return ["", ":read", ":write", ":destructive"].map((rest) => `portal:${slug}${rest}`);
}
