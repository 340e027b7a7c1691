import { inspect } from "node:util";
import {
  createChangeFeed,
  recordChange,
  sql,
  type ChangeFeed,
  type Database,
  type SqlStatement,
} from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createId, createManualClock, isFault, type Id, type ManualClock } from "@castellan/kernel";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createAuthenticator, type Authenticator, type AuthenticatorOptions } from "./authenticator.ts";
import { createToken } from "./tokens/create-token.ts";
import { accessMigrations } from "./migrations.ts";
import type { CreatedToken, TokenInput } from "./tokens/service-token.ts";
import { addAccessToken, revokeAccessToken, type AccessToken } from "./grants/access-tokens.ts";
import { addGrant } from "./grants/add-grant.ts";
import { endGrant } from "./grants/end-grants.ts";
import { findGrant } from "./grants/find-grants.ts";
import type { Grant } from "./grants/grant.ts";
import { giverOf, giverOfGrant } from "./grants/giver.ts";
import { proveGrant } from "./grants/prove-grant.ts";
import { forgetClaims } from "./issuers/forget-claims.ts";
import type { KeptClaims } from "./issuers/kept-claims.ts";
import { createGroups } from "./people/groups.ts";
import { createPeople } from "./people/people.ts";
import { createSignInSessions } from "./people/sign-in-sessions.ts";
import type { SignInSession, User } from "./people/user.ts";
import { findStanding } from "./standings/find-standings.ts";
import { generateSecret, hashSecret } from "./token-secret.ts";
import { getToken, revokeToken } from "./tokens/tokens.ts";
import { withdrawPortal } from "./withdraw.ts";

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
      if (statement.name?.startsWith("access_find_")) lookups += 1;
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
  await database.query(sql`truncate tokens, users, access_tokens cascade`);
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

const main = { kind: "portal", slug: "main", trustedIssuers: [] } as const;

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
  const principal = await authenticator.authenticate(secret, main);
  expect(principal).toEqual({
    kind: "service",
    id: token.id,
    name: "ci",
    role: "admin",
    scopes: ["portal:main", "portal:main:read", "portal:tools", "portal:tools:read"],
  });
  expect(await authenticator.authenticate(secret, main)).toBe(principal);
  expect(lookups).toBe(1);
});

test("a token of no portals is a token of no portals", async () => {
  const { authenticator } = await openReplica();
  const { secret } = await create({ portals: [] });
  expect((await authenticator.authenticate(secret, main)).scopes).toEqual([]);
});

test("a revocation on one replica is felt on another, and is told like an unknown token", async () => {
  const [here, there] = [await openReplica(), await openReplica()];
  const { token, secret } = await create();
  for (const { authenticator } of [here, there]) await authenticator.authenticate(secret, main);
  await revokeToken(database, token.id, clock.now());
  await there.feed.flush();
  const revoked = await there.authenticator.authenticate(secret, main).catch((error: unknown) => error);
  const unknown = await there.authenticator
    .authenticate(generateSecret(), main)
    .catch((error: unknown) => error);
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
  const during = authenticator.authenticate(secret, main);
  await read.promise;
  await revokeToken(database, token.id, clock.now());
  await feed.flush();
  release.resolve();
  expect(await outcome(during)).toBe("let in");
  expect(await outcome(authenticator.authenticate(secret, main))).toBe("token_invalid");
  await authenticator[Symbol.asyncDispose]();
});

test("a token expires on time, also when it is known already", async () => {
  const { authenticator, feed } = await openReplica();
  const { secret } = await create({ expiresAtMs: clock.now() + 1_000 });
  expect(await outcome(authenticator.authenticate(secret, main))).toBe("let in");
  clock.advance(999);
  expect(await outcome(authenticator.authenticate(secret, main))).toBe("let in");
  clock.advance(1);
  await feed.flush();
  expect(await outcome(authenticator.authenticate(secret, main))).toBe("token_expired");
});

test("a replica that cannot read changes lets nobody in, until it can", async () => {
  const { authenticator, feed } = await openReplica();
  const { secret } = await create();
  await authenticator.authenticate(secret, main);
  clock.advance(5_001);
  expect(await outcome(authenticator.authenticate(secret, main))).toBe("replica_stale");
  await feed.flush();
  expect(await outcome(authenticator.authenticate(secret, main))).toBe("let in");
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
  for (const bearer of wrong)
    expect(await outcome(authenticator.authenticate(bearer, main))).toBe("token_invalid");
  expect(await outcome(authenticator.authenticate("", main))).toBe("token_missing");
  expect(lookups).toBe(0);
});

test("an unknown token is looked up once, and again after any token has changed", async () => {
  const { authenticator, feed } = await openReplica();
  const secret = generateSecret();
  for (let n = 0; n < 3; n++)
    expect(await outcome(authenticator.authenticate(secret, main))).toBe("token_invalid");
  expect(lookups).toBe(1);
  await create();
  await feed.flush();
  expect(await outcome(authenticator.authenticate(secret, main))).toBe("token_invalid");
  expect(lookups).toBe(2);
});

test("a flood of made-up tokens takes few look-ups, and what is too many is told to come again", async () => {
  const { authenticator, feed } = await openReplica({ maxWaiting: 150, maxCached: 50 });
  const { secret } = await create();
  // The word of its making would make the replica look it up once more, in the middle of the flood.
  await feed.flush();
  await authenticator.authenticate(secret, main);
  lookups = 0;
  const flood = Array.from({ length: 300 }, () =>
    outcome(authenticator.authenticate(generateSecret(), main)),
  );
  expect(await outcome(authenticator.authenticate(secret, main))).toBe("let in");
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
      expect((await authenticator.authenticate(secret, main)).name).toBe(token.name);
  await revokeToken(database, created[2]!.token.id, clock.now());
  await feed.flush();
  expect(await outcome(authenticator.authenticate(created[2]!.secret, main))).toBe("token_invalid");
});

test("a database that fails is not the token's fault", async () => {
  const feed = stack.use(await createChangeFeed({ database, clock }));
  const broken: Database = { ...database, query: () => Promise.reject(new Error("connection lost")) };
  await using authenticator = createAuthenticator({ database: broken, feed, clock });
  await expect(authenticator.authenticate(generateSecret(), main)).rejects.toMatchObject({
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
    for (let n = 0; n < 3; n++) await authenticator.authenticate(secret, main);
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
    await authenticator.authenticate(secret, main);
    await authenticator[Symbol.asyncDispose]();
  });
  expect((await getToken(database, token.id)).lastUsedAtMs).toBeUndefined();
});

test("no fault repeats the token", async () => {
  const { authenticator } = await openReplica();
  const { token, secret } = await create({ expiresAtMs: clock.now() + 1 });
  const faults = [];
  clock.advance(1);
  faults.push(await authenticator.authenticate(secret, main).catch((error: unknown) => error));
  await revokeToken(database, token.id, clock.now());
  faults.push(await authenticator.authenticate(generateSecret(), main).catch((error: unknown) => error));
  const told = inspect(faults, { depth: 9, showHidden: true });
  expect(told).toContain("token_expired");
  expect(/cst_[\w-]{8}/.test(told)).toBe(false);
});

const day = 86_400_000;

async function person(): Promise<User> {
  const people = createPeople({ database, clock });
  return people.add(
    { directory: "workforce", email: `${createId("user")}@example.com`, name: "Ann" },
    { by: "owner" },
  );
}

async function signedIn(user: User): Promise<SignInSession> {
  const { session } = await createSignInSessions({ database, clock }).begin({
    user,
    provider: "local",
    amr: ["pwd", "otp"],
    address: "192.0.2.1",
    userAgent: "a browser",
    lifetimeMs: day,
  });
  return session;
}

/** A token of a grant: of a person for a client at a portal, or (undefined) at the API. */
async function granted(
  of: Partial<AccessToken> & { user?: User; session?: SignInSession; grantEndsMs?: number } = {},
) {
  const { user, session: given, grantEndsMs = clock.now() + day, ...more } = of;
  const shared = { clientId: "cli_app", portal: "main", scopes: ["portal:main"], ...more };
  const session = given ?? (user && (await signedIn(user)));
  const grant =
    user &&
    session &&
    (await addGrant(database, {
      ...shared,
      userId: user.id,
      clientName: "App",
      signInId: session.id,
      createdAt: new Date(clock.now()),
      expiresAt: new Date(grantEndsMs),
    }));
  const secret = generateSecret("access");
  await addAccessToken(database, {
    grantId: grant?.id,
    createdAt: new Date(clock.now()),
    expiresAt: new Date(clock.now() + 900_000),
    refreshHash: undefined,
    ...shared,
    hash: hashSecret(secret),
  });
  return { secret, grant };
}

test("an access token says who gave it to which client; the second time without the database", async () => {
  const { authenticator, feed } = await openReplica();
  const user = await person();
  const { secret, grant } = await granted({ user, scopes: ["portal:main", "s:read"] });
  await feed.flush();
  const principal = await authenticator.authenticate(secret, main);
  const { id, name, email, directory } = user;
  expect(principal).toEqual({
    kind: "user",
    id,
    name,
    email,
    directory,
    role: "member",
    groups: [],
    scopes: ["portal:main", "s:read"],
    grantId: grant?.id,
    clientId: "cli_app",
    clientName: "App",
    provider: "local",
    amr: ["pwd", "otp"],
    provedAtMs: clock.now(),
    claims: {},
  });
  lookups = 0;
  expect(await authenticator.authenticate(secret, main)).toBe(principal);
  expect(lookups).toBe(0);
  const own = await granted();
  expect(await authenticator.authenticate(own.secret, main)).toEqual({
    kind: "service",
    id: "cli_app",
    name: "cli_app",
    role: "member",
    scopes: ["portal:main"],
  });
});

test("what a provider says of somebody reaches their tokens when they next sign in, and so does a proof", async () => {
  const { authenticator, feed } = await openReplica();
  const people = createPeople({ database, clock });
  const sessions = createSignInSessions({ database, clock });
  const subject: string = createId("user");
  const told = async (claims: KeptClaims, as = subject) =>
    people.signedInBy({
      provider: "corp",
      subject: as,
      directory: "workforce",
      email: `${subject}@example.com`,
      emailVerified: true,
      createsUsers: true,
      linksByEmail: true,
      claims,
    });
  const user = await told({ department: "Research", roles: ["dev"] });
  const { session } = await sessions.begin({
    user,
    provider: "corp",
    subject,
    amr: ["pwd"],
    address: "192.0.2.1",
    userAgent: "a browser",
    lifetimeMs: day,
  });
  const { secret, grant } = await granted({ user, session, grantEndsMs: Date.now() + day });
  const seen = async () => {
    await feed.flush();
    const principal = await authenticator.authenticate(secret, main);
    if (principal.kind !== "user") throw new TypeError("It is of a person");
    const { provider, amr, provedAtMs, claims } = principal;
    return { provider, amr, provedAtMs, claims };
  };
  const first = {
    provider: "corp",
    amr: ["pwd"],
    provedAtMs: clock.now(),
    claims: { department: "Research", roles: ["dev"] },
  };
  expect(await seen()).toEqual(first);
  // The same person under another name of that provider's: what it says of that one is not of this sign-in.
  await told({ department: "Board" }, `${subject}-other`);
  expect(await seen()).toEqual(first);
  await told({ department: "Sales" });
  expect(await seen()).toEqual({ ...first, claims: { department: "Sales" } });
  const at = new Date(clock.now() + 1000);
  await proveGrant(database, grant?.id as Id<"grant">, { at, amr: ["hwk"] });
  expect(await seen()).toEqual({
    provider: "corp",
    amr: ["hwk"],
    provedAtMs: at.getTime(),
    claims: { department: "Sales" },
  });
  // Where no token is sent they are the same: when they let a client in, when it comes for more, and in what goes on.
  const principal = await authenticator.authenticate(secret, main);
  const given = (await findGrant(database, grant?.id ?? "")) as Grant;
  expect(await giverOfGrant(database, user, given)).toEqual({ ...principal, scopes: undefined });
  expect(await findStanding(database, { principalId: user.id, clientId: "cli_app" })).toEqual({
    ...principal,
    grantId: undefined,
    clientName: undefined,
  });
  expect(await giverOf(database, { user, session }, "cli_app")).toEqual({
    ...principal,
    scopes: undefined,
    grantId: undefined,
    clientName: undefined,
    amr: ["pwd"],
    provedAtMs: session.authenticatedAt.getTime(),
  });
  await database.transaction((tx) => forgetClaims(tx, "corp", ["roles"]));
  expect((await seen()).claims).toEqual({});
});

test("a token that was made for something else is none", async () => {
  const { authenticator } = await openReplica();
  const user = await person();
  const at = {
    main,
    other: { ...main, slug: "other" },
    api: { kind: "api" },
    registry: { kind: "registry" },
  } as const;
  const seen = async (secret: string) =>
    Promise.all(Object.values(at).map((audience) => outcome(authenticator.authenticate(secret, audience))));
  const [yes, no] = ["let in", "token_invalid"];
  expect(await seen((await granted({ user })).secret)).toEqual([yes, no, no, yes]);
  const api = { user, portal: undefined };
  expect(await seen((await granted({ ...api, scopes: ["api"] })).secret)).toEqual([no, no, yes, yes]);
  expect(await seen((await granted({ ...api, scopes: ["portal:main"] })).secret)).toEqual([no, no, no, yes]);
  expect(await seen((await create()).secret)).toEqual([yes, yes, yes, yes]);
  expect(await seen(generateSecret("refresh"))).toEqual([no, no, no, no]);
});

test("it is over with itself, or before that with its grant", async () => {
  const { authenticator, feed } = await openReplica();
  const user = await person();
  const long = await granted({ user });
  const short = await granted({ user, grantEndsMs: clock.now() + 1_000 });
  const seen = () =>
    Promise.all([long, short].map(({ secret }) => outcome(authenticator.authenticate(secret, main))));
  expect(await seen()).toEqual(["let in", "let in"]);
  clock.advance(1_000);
  expect(await seen()).toEqual(["let in", "token_expired"]);
  clock.advance(899_000);
  await feed.flush();
  expect(await seen()).toEqual(["token_expired", "token_expired"]);
});

const withdrawals: [
  string,
  (user: User, token: { secret: string; grant: Grant | undefined }) => Promise<unknown>,
][] = [
  ["its grant", (_, { grant }) => endGrant(database, grant?.id ?? createId("grant"), { now: new Date() })],
  ["it alone", (_, { secret }) => revokeAccessToken(database, hashSecret(secret), new Date())],
  [
    "its person",
    ({ id }) => createPeople({ database, clock }).change(id, { status: "suspended" }, { by: "owner" }),
  ],
  ["its portal", () => database.transaction((tx) => withdrawPortal(tx, "main"))],
];

test.each(withdrawals)(
  "ended with %s, it is refused on another replica that knows it",
  async (_, withdraw) => {
    const [here, there] = [await openReplica(), await openReplica()];
    const user = await person();
    const token = await granted({ user });
    for (const { authenticator } of [here, there])
      expect(await outcome(authenticator.authenticate(token.secret, main))).toBe("let in");
    await withdraw(user, token);
    await there.feed.flush();
    expect(await outcome(there.authenticator.authenticate(token.secret, main))).toBe("token_invalid");
  },
);

test("whoever changes is somebody else with the next request", async () => {
  const { authenticator, feed } = await openReplica();
  const user = await person();
  const { secret } = await granted({ user });
  const before = await authenticator.authenticate(secret, main);
  const groups = createGroups({ database, clock });
  const { id, name } = await groups.add({ directory: "workforce", name: createId("group") });
  await groups.addMember(id, user.id);
  await feed.flush();
  expect(await authenticator.authenticate(secret, main)).toEqual({ ...before, groups: [name] });
});

test("the last use of a grant is written like that of a token", async () => {
  const user = await person();
  const { secret, grant } = await granted({ user });
  const { authenticator } = await openReplica();
  await authenticator.authenticate(secret, main);
  await authenticator[Symbol.asyncDispose]();
  expect((await findGrant(database, grant?.id ?? ""))?.lastUsedAt?.getTime()).toBe(clock.now());
});

test("a JWT is taken where its issuer is trusted, asked for once, and again when that changes", async () => {
  const feed = stack.use(await createChangeFeed({ database, clock }));
  const { id, name, email, directory } = await person();
  await feed.flush();
  const principal = {
    kind: "user",
    id,
    name,
    email,
    directory,
    role: "member",
    groups: [],
    scopes: undefined,
    grantId: undefined,
    clientId: undefined,
    provider: "corp",
    amr: [],
    provedAtMs: undefined,
    claims: {},
  } as const;
  const asked: (readonly string[])[] = [];
  const verify = async (_: string, accepted: readonly string[]) => {
    asked.push(accepted);
    return { principal, issuer: "corp", expiresAtMs: clock.now() + 60_000 };
  };
  const authenticator = stack.use(createAuthenticator({ database, feed, clock, issuers: { verify } }));
  const jwt = "eyJhbGciOiJFUzI1NiJ9.e30.c2ln";
  const trusting = { ...main, trustedIssuers: ["corp", "other"] };
  expect(await outcome(authenticator.authenticate(jwt, main))).toBe("token_invalid");
  expect(await outcome(authenticator.authenticate(jwt, { kind: "api" }))).toBe("token_invalid");
  for (let n = 0; n < 3; n++) expect(await authenticator.authenticate(jwt, trusting)).toBe(principal);
  expect(await outcome(authenticator.authenticate("not.a", trusting))).toBe("token_invalid");
  expect(asked).toEqual([["corp", "other"]]);
  await authenticator.authenticate(jwt, { ...main, trustedIssuers: ["other"] });
  expect(asked.length).toBe(2);
  for (const [topic, key] of [
    ["issuers", "corp"],
    ["users", id],
  ] as const) {
    await database.transaction((tx) => recordChange(tx, topic, key));
    await feed.flush();
    asked.length = 0;
    await authenticator.authenticate(jwt, trusting);
    expect(asked.length).toBe(1);
  }
  clock.advance(60_000);
  await feed.flush();
  expect(await outcome(authenticator.authenticate(jwt, trusting))).toBe("token_expired");
});
