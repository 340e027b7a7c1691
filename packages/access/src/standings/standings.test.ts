import { createChangeFeed, recordChange, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createId, createManualClock, isFault, type ManualClock } from "@castellan/kernel";
import { afterAll, beforeEach, beforeAll, expect, test } from "vitest";
import { createAuthenticator } from "../authenticator.ts";
import { setClientScopes } from "../client-scopes.ts";
import { addAccessToken } from "../grants/access-tokens.ts";
import { addGrant } from "../grants/add-grant.ts";
import { endGrant } from "../grants/end-grants.ts";
import { accessMigrations } from "../migrations.ts";
import { createPeople } from "../people/people.ts";
import { createSignInSessions } from "../people/sign-in-sessions.ts";
import type { Principal } from "../principal.ts";
import { generateSecret, hashSecret } from "../token-secret.ts";
import { changeToken } from "../tokens/change-token.ts";
import { createToken } from "../tokens/create-token.ts";
import { rotateToken } from "../tokens/rotate-token.ts";
import { revokeToken } from "../tokens/tokens.ts";
import { withdrawServer } from "../withdraw.ts";
import { standingOf, type Standing } from "./standing.ts";
import { createStandings } from "./standings.ts";

let database: Database;
let clock: ManualClock;
beforeAll(async () => {
  database = await createTestDatabase([accessMigrations]);
});
beforeEach(() => {
  clock = createManualClock();
});
afterAll(() => database[Symbol.asyncDispose]());

const day = 24 * 60 * 60_000;
const main = { kind: "portal", slug: "main", trustedIssuers: [] } as const;
const all = ["portal:main", "portal:main:read", "portal:main:write", "s:write"];

async function openReplica() {
  const opened = new AsyncDisposableStack();
  const feed = opened.use(await createChangeFeed({ database, clock }));
  const standings = opened.use(createStandings({ database, feed, clock }));
  const authenticator = opened.use(createAuthenticator({ database, feed, clock }));
  return {
    standings,
    authenticator,
    flush: () => feed.flush(),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** What a person gave a client, and a token of it with these scopes. */
async function granted(scopes: readonly string[]) {
  const people = createPeople({ database, clock });
  const email = `${createId("user")}@example.com`;
  const user = await people.add({ directory: "workforce", email, name: "Ann" }, { by: "owner" });
  const { session } = await createSignInSessions({ database, clock }).begin({
    user,
    provider: "local",
    amr: ["pwd"],
    address: "192.0.2.1",
    userAgent: "a browser",
    lifetimeMs: day,
  });
  const createdAt = new Date(clock.now());
  const shared = { clientId: "cli_app", portal: "main", createdAt };
  const grant = await addGrant(database, {
    ...shared,
    userId: user.id,
    clientName: "App",
    scopes: all,
    signInId: session.id,
    expiresAt: new Date(clock.now() + day),
  });
  const secret = generateSecret("access");
  const expiresAt = new Date(clock.now() + 900_000);
  await addAccessToken(database, {
    ...shared,
    grantId: grant.id,
    scopes,
    expiresAt,
    refreshHash: undefined,
    hash: hashSecret(secret),
  });
  return { user, people, grantId: grant.id, secret };
}

const standingFor = (principal: Principal): Standing => {
  const standing = standingOf(principal, clock.now());
  if (!standing) throw new TypeError("It has none");
  return standing;
};

test("who came with an access token is by its grant who they would be with the next token, and no more than with that one", async () => {
  await using replica = await openReplica();
  const { standings, authenticator } = replica;
  const narrow = ["portal:main", "portal:main:read"];
  const { secret, grantId } = await granted(narrow);
  const principal = await authenticator.authenticate(secret, main);
  const standing = standingFor(principal);
  expect(standing).toEqual({ kind: "grant", id: grantId, scopes: narrow, sinceMs: clock.now() });
  const again = await standings.again(standing, "main");
  expect(again).toEqual(principal);
  // Known from then on, until something changes.
  expect(standings.again(standing, "main")).toBe(again);
  expect(await standings.again(standing, "other")).toBeUndefined();
  // The token has run out, the grant has not.
  clock.advance(1_000_000);
  await replica.flush();
  expect(await standings.again(standing, "main")).toEqual(principal);
  clock.advance(day);
  await replica.flush();
  expect(await standings.again(standing, "main")).toBeUndefined();
});

test("what is taken from the grant or the person is gone at once", async () => {
  await using replica = await openReplica();
  const { standings } = replica;
  const { user, people, grantId } = await granted(all);
  const standing: Standing = { kind: "grant", id: grantId, scopes: all, sinceMs: clock.now() };
  const scopes = async () => (await standings.again(standing, "main"))?.scopes;
  expect(await scopes()).toEqual(all);
  await database.transaction((tx) => withdrawServer(tx, "s"));
  await replica.flush();
  expect(await scopes()).toEqual(all.slice(0, 3));
  await people.change(user.id, { status: "suspended" }, { by: "owner" });
  await replica.flush();
  expect(await scopes()).toBeUndefined();
  await people.change(user.id, { status: "active" }, { by: "owner" });
  const other = await granted(all);
  const theirs: Standing = { ...standing, id: other.grantId };
  await replica.flush();
  expect((await standings.again(theirs, "main"))?.id).toBe(other.user.id);
  await endGrant(database, other.grantId, { now: new Date(clock.now()) });
  await replica.flush();
  expect(await standings.again(theirs, "main")).toBeUndefined();
});

test("a service token: never wider than it was, narrower when it is, gone when it is revoked or has run out", async () => {
  await using replica = await openReplica();
  const { standings, authenticator } = replica;
  const {
    token: { id },
    secret,
  } = await createToken(
    database,
    {
      name: "ci",
      role: "member",
      portals: ["main"],
      allow: ["read", "write"],
      createdBy: "setup",
      expiresAtMs: clock.now() + day,
    },
    clock.now(),
  );
  const principal = await authenticator.authenticate(secret, main);
  const standing = standingFor(principal);
  expect(standing).toEqual({ kind: "token", id, scopes: principal.scopes, sinceMs: clock.now() });
  expect(await standings.again(standing, "main")).toEqual(principal);
  const change = async (scopes: string[]) => {
    await changeToken(database, id, { scopes }, { nowMs: clock.now(), by: "owner" });
    await replica.flush();
    return (await standings.again(standing, "main"))?.scopes;
  };
  expect(await change(["portal:main", "portal:main:read", "portal:main:destructive"])).toEqual([
    "portal:main",
    "portal:main:read",
  ]);
  await changeToken(database, id, { expiresAtMs: clock.now() + 60_000 }, { nowMs: clock.now(), by: "owner" });
  await replica.flush();
  expect(await standings.again(standing, "main")).toBeDefined();
  clock.advance(60_000);
  await replica.flush();
  expect(await standings.again(standing, "main")).toBeUndefined();
});

test("a service token that is revoked lets nobody be anybody", async () => {
  await using replica = await openReplica();
  const { token } = await createToken(
    database,
    { name: "gone", role: "member", portals: ["main"], createdBy: "setup" },
    clock.now(),
  );
  const standing: Standing = { kind: "token", id: token.id, scopes: token.scopes, sinceMs: clock.now() };
  expect(await replica.standings.again(standing, "main")).toMatchObject({
    id: token.id,
    scopes: token.scopes,
  });
  await revokeToken(database, token.id, clock.now());
  await replica.flush();
  expect(await replica.standings.again(standing, "main")).toBeUndefined();
});

test("a service token with another secret: as long as one lives that was there when they were let in", async () => {
  await using replica = await openReplica();
  const { standings } = replica;
  const { token } = await createToken(
    database,
    { name: "rotated", role: "member", portals: ["main"], createdBy: "setup" },
    clock.now(),
  );
  const standing = (): Standing => ({
    kind: "token",
    id: token.id,
    scopes: token.scopes,
    sinceMs: clock.now(),
  });
  const isKnown = async (one: Standing) => (await standings.again(one, "main")) !== undefined;
  const rotate = async (overlapMs: number) => {
    clock.advance(60_000);
    await rotateToken(database, token.id, { by: "owner", nowMs: clock.now(), overlapMs });
    await replica.flush();
  };
  const first = standing();
  await rotate(60_000);
  const second = standing();
  expect([await isKnown(first), await isKnown(second)]).toEqual([true, true]);
  clock.advance(60_000);
  await replica.flush();
  expect([await isKnown(first), await isKnown(second)]).toEqual([false, true]);
  // As after a leak.
  await rotate(0);
  expect([await isKnown(second), await isKnown(standing())]).toEqual([false, true]);
});

test("a client for itself: as far as it may still do that", async () => {
  await using replica = await openReplica();
  const { standings } = replica;
  const set = (scopes: readonly string[]) =>
    database.transaction(async (tx) => {
      await setClientScopes(tx, "cli_robot", scopes);
      await recordChange(tx, "clients", "cli_robot");
    });
  await set(all);
  const scopes = ["portal:main", "portal:main:read"];
  const principal: Principal = {
    kind: "service",
    id: "cli_robot",
    name: "cli_robot",
    role: "member",
    scopes,
  };
  const standing = standingFor(principal);
  expect(standing).toEqual({ kind: "client", id: "cli_robot", scopes, sinceMs: clock.now() });
  expect(await standings.again(standing, "main")).toEqual(principal);
  await set(["portal:main"]);
  await replica.flush();
  expect((await standings.again(standing, "main"))?.scopes).toEqual(["portal:main"]);
  await set([]);
  await replica.flush();
  expect(await standings.again(standing, "main")).toBeUndefined();
});

test("who is known only by what they show has none, and nobody is of a standing that was made up", async () => {
  await using replica = await openReplica();
  const nobody = { role: "member", name: "", scopes: undefined } as const;
  expect(standingOf({ kind: "public", id: "public:192.0.2.1", ...nobody }, clock.now())).toBeUndefined();
  expect(
    standingOf(
      {
        ...nobody,
        kind: "user",
        id: createId("user"),
        email: "",
        directory: "workforce",
        groups: [],
        grantId: undefined,
        clientId: undefined,
        provider: "issuer",
        amr: [],
        provedAtMs: undefined,
        claims: {},
      },
      clock.now(),
    ),
  ).toBeUndefined();
  const { grantId } = await granted(all);
  for (const [kind, id] of [
    ["grant", createId("grant")],
    ["token", grantId],
    ["client", grantId],
    ["grant", "'; drop table grants"],
  ] as const)
    expect(
      await replica.standings.again({ kind, id, scopes: all, sinceMs: clock.now() }, "main"),
    ).toBeUndefined();
});

test("of many at once one asks; while changes are late nobody is told anything", async () => {
  const feed = { ...(await createChangeFeed({ database, clock })) };
  let isFresh = true;
  let queries = 0;
  const counted: Database = {
    ...database,
    connection: database.connection,
    query: (statement) => {
      queries += 1;
      return database.query(statement);
    },
  };
  using standings = createStandings({
    database: counted,
    feed: { ...feed, on: () => () => undefined, isFresh: () => isFresh },
    clock,
  });
  const { grantId } = await granted(all);
  const standing: Standing = { kind: "grant", id: grantId, scopes: all, sinceMs: clock.now() };
  const found = await Promise.all(Array.from({ length: 50 }, () => standings.again(standing, "main")));
  expect([new Set(found).size, queries]).toEqual([1, 1]);
  isFresh = false;
  expect(() => standings.again(standing, "main")).toThrow(
    expect.toSatisfy((error) => isFault(error, "replica_stale")),
  );
});
