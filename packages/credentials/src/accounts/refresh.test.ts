import { expect, test } from "vitest";
import { sql, type Database } from "@castellan/database";
import type { Accounts } from "./accounts.ts";
import { anHourMs, deafFeed, givenClient, openTown } from "./testing/town.ts";

const never = new AbortController().signal;

test("200 requests with an expired token are one refresh, and all go on with what it gave", async () => {
  await using town = await openTown();
  const owner = town.person();
  const { tokens } = await town.link(owner);
  town.clock.advance(anHourMs);
  const used = await Promise.all(
    Array.from({ length: 200 }, () => town.accounts.usable(town.target, owner, never)),
  );
  expect(town.server.refreshes).toEqual([
    { refreshToken: tokens.refreshToken, clientId: givenClient, resource: town.target.url, secret: null },
  ]);
  const [first] = used;
  expect(new Set(used.map(({ token }) => token))).toEqual(new Set([first?.token]));
  expect(first?.token).not.toBe(tokens.accessToken);
  expect(town.server.isGood(first?.token ?? "")).toBe(true);
});

test("whoever lost its lease meanwhile ends nothing by what it heard", async () => {
  await using town = await openTown();
  let queries = 0;
  const slow = await town.replica({ database: counting(town.database, () => (queries += 1)) });
  const owner = town.person();
  await town.link(owner);
  town.clock.advance(anHourMs);
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  town.server.hold = first.promise;
  town.server.answers.push({ status: 400, body: { error: "invalid_grant" } });
  const overtaken = slow.accounts.usable(town.target, owner, never);
  await town.server.refreshed(1);
  await town.database.query(sql`update linked_accounts set refreshing_until = clock_timestamp()`);
  town.server.hold = second.promise;
  const call = town.accounts.usable(town.target, owner, never);
  await town.server.refreshed(2);
  const before = queries;
  first.resolve();
  // It has written what it heard, looked at the account again, and found somebody at it.
  await expect.poll(() => queries, { timeout: 5_000, interval: 5 }).toBeGreaterThanOrEqual(before + 3);
  second.resolve();
  const { token } = await call;
  expect((await overtaken).token).toBe(token);
  expect(town.server.isGood(token)).toBe(true);
});

test("waiting for a refresh costs a few queries, however many wait", async () => {
  await using town = await openTown();
  let queries = 0;
  const { accounts } = await town.replica({ database: counting(town.database, () => (queries += 1)) });
  const owner = town.person();
  await town.link(owner);
  town.clock.advance(anHourMs);
  await Promise.all(Array.from({ length: 200 }, () => accounts.usable(town.target, owner, never)));
  // Read, claimed, and read again, and once more if the change is told meanwhile.
  expect(queries).toBeLessThan(10);
});

test("on two replicas it is one refresh too, heard of without looking", async () => {
  await using town = await openTown();
  const other = await town.replica();
  const owner = town.person();
  await town.link(owner);
  // Both know the token that is expired by now.
  await Promise.all([town.accounts, other.accounts].map((each) => each.usable(town.target, owner, never)));
  town.clock.advance(anHourMs);
  const used = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      (index % 2 === 0 ? town.accounts : other.accounts).usable(town.target, owner, never),
    ),
  );
  expect(town.server.refreshes).toHaveLength(1);
  expect(new Set(used.map(({ token }) => token)).size).toBe(1);
  expect(town.server.isGood(used[0]?.token ?? "")).toBe(true);
  expect(town.errors).toEqual([]);
});

test("rotated refresh tokens go on from one to the next, through any replica", async () => {
  await using town = await openTown();
  const other = await town.replica();
  const owner = town.person();
  const { tokens } = await town.link(owner);
  const seen = [tokens.accessToken];
  for (const accounts of [town.accounts, other.accounts, other.accounts, town.accounts]) {
    town.clock.advance(anHourMs);
    seen.push((await accounts.usable(town.target, owner, never)).token);
  }
  expect(new Set(seen).size).toBe(5);
  expect(new Set(town.server.refreshes.map(({ refreshToken }) => refreshToken)).size).toBe(4);
  expect(town.server.isGood(seen.at(-1) ?? "")).toBe(true);
});

test("what another replica got, and has expired since, is not taken for new", async () => {
  await using town = await openTown();
  const deaf = await town.replica({ changes: deafFeed() });
  const owner = town.person();
  await town.link(owner);
  await deaf.accounts.usable(town.target, owner, never);
  town.clock.advance(anHourMs);
  const { token: expired } = await town.accounts.usable(town.target, owner, never);
  town.clock.advance(anHourMs);
  expect((await deaf.accounts.usable(town.target, owner, never)).token).not.toBe(expired);
  expect(town.server.refreshes).toHaveLength(2);
});

test("a token that is over at once is used all the same", async () => {
  await using town = await openTown();
  town.server.expiresInSeconds = 0;
  const owner = town.person();
  const { tokens } = await town.link(owner);
  town.clock.advance(anHourMs);
  expect((await town.accounts.usable(town.target, owner, never)).token).not.toBe(tokens.accessToken);
  expect(town.server.refreshes).toHaveLength(1);
});

test("a server that does not rotate goes on with the refresh token that it gave", async () => {
  await using town = await openTown();
  town.server.isRotating = false;
  const owner = town.person();
  const { tokens } = await town.link(owner);
  for (let times = 0; times < 3; times += 1) {
    town.clock.advance(anHourMs);
    await town.accounts.usable(town.target, owner, never);
  }
  const sent = town.server.refreshes.map(({ refreshToken }) => refreshToken);
  expect(sent).toEqual([tokens.refreshToken, tokens.refreshToken, tokens.refreshToken]);
});

test("ahead of its end a token is refreshed beside its use", async () => {
  await using town = await openTown();
  const owner = town.person();
  const { tokens } = await town.link(owner);
  const held = Promise.withResolvers<void>();
  town.server.hold = held.promise;
  town.clock.advance(anHourMs - 200_000);
  const used = await Promise.all(
    Array.from({ length: 20 }, () => town.accounts.usable(town.target, owner, never)),
  );
  expect(new Set(used.map(({ token }) => token))).toEqual(new Set([tokens.accessToken]));
  await town.server.refreshed(1);
  held.resolve();
  await town.until(async () => {
    const { token } = await town.accounts.usable(town.target, owner, never);
    return token !== tokens.accessToken;
  });
  expect(town.server.refreshes).toHaveLength(1);
});

test("a failing authorization server is left alone until the time it is to be tried again", async () => {
  await using town = await openTown();
  const other = await town.replica();
  const owner = town.person();
  await town.link(owner);
  town.clock.advance(anHourMs);
  town.server.answers.push({ status: 500 }, { status: 503, headers: { "retry-after": "90" } });
  const call = (accounts: Accounts) => accounts.usable(town.target, owner, never);
  const unavailableUntil = (ms: number) => ({
    code: "credentials_unavailable",
    data: { server: "crm", retryAt: new Date(town.clock.now() + ms).toISOString() },
  });
  const failures = await Promise.allSettled(Array.from({ length: 50 }, () => call(town.accounts)));
  expect(failures.every(({ status }) => status === "rejected")).toBe(true);
  await expect(call(town.accounts)).rejects.toMatchObject(unavailableUntil(1_000));
  await other.changes.flush();
  await expect(call(other.accounts)).rejects.toMatchObject(unavailableUntil(1_000));
  expect(town.server.refreshes).toHaveLength(1);

  town.clock.advance(1_000);
  await expect(call(other.accounts)).rejects.toMatchObject(unavailableUntil(90_000));
  expect(town.server.refreshes).toHaveLength(2);
  expect((await other.accounts.find(town.target.id, owner))?.failure).toMatchObject({
    code: "credentials_unavailable",
    times: 2,
  });

  town.clock.advance(90_000);
  expect(town.server.isGood((await call(other.accounts)).token)).toBe(true);
  expect(await other.accounts.find(town.target.id, owner)).toMatchObject({
    state: "linked",
    failure: undefined,
  });
});

test("what is still good goes on being used while the authorization server fails", async () => {
  await using town = await openTown();
  const owner = town.person();
  const { tokens } = await town.link(owner);
  town.clock.advance(anHourMs - 200_000);
  town.server.answers.push({ status: 500 });
  expect((await town.accounts.usable(town.target, owner, never)).token).toBe(tokens.accessToken);
  await town.server.refreshed(1);
  await town.until(async () => (await town.accounts.find(town.target.id, owner))?.failure !== undefined);
  for (let times = 0; times < 10; times += 1)
    expect((await town.accounts.usable(town.target, owner, never)).token).toBe(tokens.accessToken);
  expect(town.server.refreshes).toHaveLength(1);
});

test("a refused grant ends this one account, once", async () => {
  await using town = await openTown();
  const [owner, neighbour] = [town.person(), town.person()];
  await town.link(owner);
  await town.link(neighbour);
  town.clock.advance(anHourMs);
  town.server.answers.push({ status: 400, body: { error: "invalid_grant" } });
  const asked = {
    code: "link_required",
    data: { server: "crm", reason: "needs_sign_in" },
  };
  const calls = Array.from({ length: 50 }, () => town.accounts.usable(town.target, owner, never));
  await Promise.all(calls.map((call) => expect(call).rejects.toMatchObject(asked)));
  await expect(town.accounts.usable(town.target, owner, never)).rejects.toMatchObject(asked);
  expect(town.server.refreshes).toHaveLength(1);
  expect(await town.accounts.find(town.target.id, owner)).toMatchObject({
    state: "needs_sign_in",
    reason: "invalid_grant",
  });
  expect((await town.accounts.usable(town.target, neighbour, never)).account.state).toBe("linked");
  expect(town.server.revocations).toEqual([]);
});

test("an answer that is late by a sign-in ends nothing that is newer", async () => {
  await using town = await openTown();
  const owner = town.person();
  await town.link(owner);
  town.clock.advance(anHourMs);
  const held = Promise.withResolvers<void>();
  town.server.hold = held.promise;
  town.server.answers.push({ status: 400, body: { error: "invalid_grant" } });
  const call = town.accounts.usable(town.target, owner, never);
  await town.server.refreshed(1);
  const { tokens } = await town.link(owner);
  held.resolve();
  expect((await call).token).toBe(tokens.accessToken);
  expect((await town.accounts.find(town.target.id, owner))?.state).toBe("linked");
});

test("whoever dies while refreshing holds the others up until its lease is over, and no longer", async () => {
  await using town = await openTown();
  const owner = town.person();
  const { account } = await town.link(owner);
  town.clock.advance(anHourMs);
  await town.database.query(sql`
    update linked_accounts set refreshing_by = 'rep_dead', refreshing_until = clock_timestamp() + interval '300 ms'
    where id = ${account.id}`);
  const [before] = await town.database.query<{ at: Date }>(sql`
    select refreshing_until as at from linked_accounts`);
  const { token } = await town.accounts.usable(town.target, owner, never);
  const [after] = await town.database.query<{ at: Date }>(sql`select clock_timestamp() as at`);
  expect(after?.at.getTime()).toBeGreaterThanOrEqual(before?.at.getTime() ?? Number.NaN);
  expect(town.server.refreshes).toHaveLength(1);
  expect(town.server.isGood(token)).toBe(true);
});

test("an answer that was lost with its replica: a rotated grant asks its person again, another one lives", async () => {
  for (const isRotating of [true, false]) {
    await using town = await openTown();
    town.server.isRotating = isRotating;
    const owner = town.person();
    const { tokens } = await town.link(owner);
    town.clock.advance(anHourMs);
    await fetch(`${town.server.issuer}/token`, {
      method: "POST",
      body: new URLSearchParams({ grant_type: "refresh_token", refresh_token: tokens.refreshToken }),
    });
    const call = town.accounts.usable(town.target, owner, never);
    if (isRotating) await expect(call).rejects.toMatchObject({ code: "link_required" });
    else expect(town.server.isGood((await call).token)).toBe(true);
  }
});

test("nobody waits for a slow authorization server for ever, and its answer is kept", async () => {
  await using town = await openTown({ waitMs: 20 });
  const owner = town.person();
  await town.link(owner);
  town.clock.advance(anHourMs);
  const held = Promise.withResolvers<void>();
  town.server.hold = held.promise;
  await expect(town.accounts.usable(town.target, owner, never)).rejects.toMatchObject({
    code: "credentials_unavailable",
  });
  const caller = new AbortController();
  const call = town.accounts.usable(town.target, owner, caller.signal);
  caller.abort(new Error("gone"));
  await expect(call).rejects.toMatchObject({ code: "cancelled" });
  held.resolve();
  await town.until(async () => {
    const found = await town.accounts.find(town.target.id, owner);
    return found?.refreshedAt?.getTime() === town.clock.now();
  });
  expect(town.server.isGood((await town.accounts.usable(town.target, owner, never)).token)).toBe(true);
  expect(town.server.refreshes).toHaveLength(1);
});

function counting(database: Database, count: () => void): Database {
  return {
    ...database,
    query: (statement) => {
      count();
      return database.query(statement);
    },
  };
}
