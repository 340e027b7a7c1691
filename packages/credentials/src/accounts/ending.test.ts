import { expect, test } from "vitest";
import { sql } from "@castellan/database";
import { createId } from "@castellan/kernel";
import { anHourMs, openTown, registeredClient, type Town } from "./testing/town.ts";

const never = new AbortController().signal;

async function endings(town: Town): Promise<number> {
  const [row] = await town.database.query<{ n: number }>(sql`select count(*) as n from account_endings`);
  return row?.n ?? -1;
}

test("what is unlinked is gone here at once, and revoked where it came from", async () => {
  await using town = await openTown();
  const [owner, neighbour] = [town.person(), town.person()];
  const { account, tokens } = await town.link(owner);
  const other = await town.link(neighbour);
  expect(await town.accounts.unlink(account.id, owner)).toEqual(account);
  await expect(town.accounts.usable(town.target, owner, never)).rejects.toMatchObject({
    code: "link_required",
    data: { reason: "not_linked" },
  });
  await town.server.revoked(1);
  expect(town.server.revocations).toEqual([tokens.refreshToken]);
  expect(town.server.isGood(tokens.accessToken)).toBe(false);
  expect(town.server.isGood(other.tokens.accessToken)).toBe(true);
  await expect(town.accounts.unlink(account.id)).rejects.toMatchObject({ code: "account_not_found" });
  await expect(town.accounts.unlink(other.account.id, owner)).rejects.toMatchObject({
    code: "account_not_found",
  });
  await expect(town.accounts.get(createId("account"))).rejects.toMatchObject({ code: "account_not_found" });
});

test("a revocation that fails is tried again for a day, by any replica, then forgotten", async () => {
  await using town = await openTown({ sweepEveryMs: 10 });
  await town.replica();
  const { account, tokens } = await town.link(town.person());
  town.server.revocationAnswers.push({ status: 503 }, { status: 503 });
  await town.accounts.unlink(account.id);
  await town.server.revoked(1);
  await settled(town, 1);
  expect(town.server.isGood(tokens.accessToken)).toBe(true);
  town.clock.advance(anHourMs);
  await town.server.revoked(2);
  await settled(town, 2);
  town.clock.advance(anHourMs);
  await town.server.revoked(3);
  await gone(town);
  expect(town.server.isGood(tokens.accessToken)).toBe(false);

  const hopeless = await town.link(town.person());
  town.server.revocationAnswers.push({ status: 503 }, { status: 503 });
  await town.accounts.unlink(hopeless.account.id);
  await town.server.revoked(4);
  await settled(town, 1);
  town.clock.advance(24 * anHourMs);
  await gone(town);
  expect(town.server.revocations).toHaveLength(5);
});

test("unlinked while it is refreshed: what comes of it is revoked too", async () => {
  await using town = await openTown();
  const owner = town.person();
  const { account, tokens } = await town.link(owner);
  town.clock.advance(anHourMs);
  const held = Promise.withResolvers<void>();
  town.server.hold = held.promise;
  // The old refresh token is rotated away by now: revoking it alone would end nothing.
  town.server.revocationAnswers.push({ status: 200 });
  const call = town.accounts.usable(town.target, owner, never);
  await town.server.refreshed(1);
  await town.accounts.unlink(account.id);
  await town.server.revoked(1);
  held.resolve();
  await expect(call).rejects.toMatchObject({ code: "link_required", data: { reason: "not_linked" } });
  await town.server.revoked(2);
  expect(town.server.revocations[0]).toBe(tokens.refreshToken);
  expect(town.server.revocations[1]).not.toBe(tokens.refreshToken);
  expect(town.server.isGood(town.server.revocations[1] ?? "")).toBe(false);
});

test("linked elsewhere while it is refreshed: what comes of the old grant is revoked too", async () => {
  await using town = await openTown();
  const owner = town.person();
  const target = { ...town.target, auth: { kind: "own_account" as const } };
  town.targets.set(target.id, target);
  await town.link(owner, { target, clientId: registeredClient });
  town.clock.advance(anHourMs);
  const held = Promise.withResolvers<void>();
  town.server.hold = held.promise;
  town.server.revocationAnswers.push({ status: 200 });
  const call = town.accounts.usable(target, owner, never);
  await town.server.refreshed(1);
  const { tokens } = await town.link(owner, { target, clientId: town.publishedClient });
  await town.server.revoked(1);
  held.resolve();
  expect((await call).token).toBe(tokens.accessToken);
  await town.server.revoked(2);
  const last = town.server.revocations[1] ?? "";
  expect([last === tokens.refreshToken, town.server.isGood(last)]).toEqual([false, false]);
  expect((await town.accounts.usable(target, owner, never)).token).toBe(tokens.accessToken);
  expect(town.server.isGood(tokens.accessToken)).toBe(true);
});

test("signing in again at the same place revokes nothing; elsewhere, what was there before", async () => {
  await using town = await openTown();
  const owner = town.person();
  const first = await town.link(owner);
  await town.link(owner);
  expect(await endings(town)).toBe(0);
  const third = await town.link(owner, { clientId: "another" });
  await town.server.revoked(1);
  expect(third.account).toEqual({ ...first.account, link: 3 });
  expect(town.server.isGood(third.tokens.accessToken)).toBe(true);
  expect(town.server.isGood(first.tokens.accessToken)).toBe(true);
});

test("what was unlinked and linked again is not ended by a revocation that comes late", async () => {
  await using town = await openTown({ sweepEveryMs: 10 });
  const owner = town.person();
  const { account } = await town.link(owner);
  town.server.revocationAnswers.push({ status: 503 });
  await town.accounts.unlink(account.id);
  await town.server.revoked(1);
  await settled(town, 1);
  const again = await town.link(owner);
  town.clock.advance(anHourMs);
  await gone(town);
  expect(again.account.id).not.toBe(account.id);
  expect(town.server.revocations).toHaveLength(1);
});

test("a target that goes ends its accounts with it, or not at all", async () => {
  await using town = await openTown();
  const linked = await Promise.all(Array.from({ length: 3 }, () => town.link(town.person())));
  const shared = await town.link({ kind: "shared" });
  const failing = town.database.transaction(async (tx) => {
    await town.accounts.forgetTarget(tx, town.target.id);
    throw new Error("not after all");
  });
  await expect(failing).rejects.toThrow("not after all");
  expect(await town.accounts.ofTarget(town.target.id, { limit: 10 })).toHaveLength(4);
  await town.database.transaction((tx) => town.accounts.forgetTarget(tx, town.target.id));
  town.targets.clear();
  await town.server.revoked(4);
  expect(await town.accounts.ofTarget(town.target.id, { limit: 10 })).toEqual([]);
  const good = [...linked, shared].map(({ tokens }) => town.server.isGood(tokens.accessToken));
  expect(good).toEqual([false, false, false, false]);
});

test("lists say what there is, and hold nothing that is secret", async () => {
  await using town = await openTown();
  const owner = town.person();
  const { account, tokens } = await town.link(owner);
  const { account: shared } = await town.link({ kind: "shared" });
  const { account: other } = await town.link(town.person());
  expect(await town.accounts.ofPerson(owner.id)).toEqual([account]);
  expect(await town.accounts.shared()).toEqual([shared]);
  const first = await town.accounts.ofTarget(town.target.id, { limit: 2 });
  const rest = await town.accounts.ofTarget(town.target.id, { limit: 2, after: first[1]?.id });
  expect([...first, ...rest]).toEqual([account, shared, other]);
  expect(JSON.stringify(first)).not.toMatch(new RegExp(`${tokens.accessToken}|${tokens.refreshToken}`));
});

test("an account whose tokens cannot be opened any more can be unlinked and linked anew", async () => {
  await using town = await openTown();
  const owner = town.person();
  const { account } = await town.link(owner);
  const other = await town.link(town.person());
  await town.database.query(sql`update linked_accounts set sealed_tokens = ${Buffer.from("x")}`);
  const { tokens } = await town.link(owner);
  expect((await town.accounts.usable(town.target, owner, never)).token).toBe(tokens.accessToken);
  await town.accounts.unlink(other.account.id);
  expect(town.errors).toMatchObject([{ code: "vault_open_failed" }, { code: "vault_open_failed" }]);
  expect(await town.accounts.ofTarget(town.target.id, { limit: 3 })).toEqual([{ ...account, link: 2 }]);
});

test("rows hold no token that could be read", async () => {
  await using town = await openTown();
  const linked = [await town.link(town.person()), await town.link({ kind: "shared" })];
  town.server.revocationAnswers.push({ status: 503 });
  await town.accounts.unlink((await town.link(town.person())).account.id);
  await town.server.revoked(1);
  const rows = await town.database.query<{ row: string }>(sql`
    select linked_accounts::text || encode(sealed_tokens, 'escape') as row from linked_accounts
    union all select account_endings::text || encode(sealed_ending, 'escape') from account_endings`);
  expect(rows).toHaveLength(3);
  const text = rows.map(({ row }) => row).join("");
  expect(text).toContain(linked[0]?.account.id);
  expect(text).not.toMatch(/access-|refresh-/);
});

/** The revocation was tried that often, and waits for its next time. */
function settled(town: Town, tries: number): Promise<void> {
  return looked(async () => {
    const rows = await town.database.query(sql`
      select from account_endings
      where tries = ${tries} and next_try_at > ${new Date(town.clock.now())}
        and next_try_at <> ${new Date(town.clock.now() + 60_000)}`);
    return rows.length === 1;
  });
}

function gone(town: Town): Promise<void> {
  return looked(async () => (await endings(town)) === 0);
}

async function looked(holds: () => Promise<boolean>): Promise<void> {
  await expect.poll(holds, { timeout: 5_000, interval: 5 }).toBe(true);
}
