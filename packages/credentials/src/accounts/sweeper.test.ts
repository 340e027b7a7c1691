import { expect, test } from "vitest";
import { recordChange, sql } from "@castellan/database";
import { anHourMs, openTown, type Town } from "./testing/town.ts";

const never = new AbortController().signal;
const aDayMs = 24 * anHourMs;

function people(town: Town): Promise<number> {
  return town.accounts.ofTarget(town.target.id, { limit: 100 }).then(({ length }) => length);
}

test("accounts of who is suspended or gone are ended when that is told", async () => {
  await using town = await openTown();
  const [stays, goes] = [town.person(), town.person()];
  const kept = await town.link(stays);
  const { tokens } = await town.link(goes);
  const shared = await town.link({ kind: "shared" });
  town.people.delete(goes.id);
  for (const id of [stays.id, goes.id]) await recordChange(town.database, "users", id);
  await town.until(async () => (await people(town)) === 2);
  await town.server.revoked(1);
  expect(town.server.revocations).toEqual([tokens.refreshToken]);
  expect(await town.accounts.ofTarget(town.target.id, { limit: 3 })).toEqual([kept.account, shared.account]);
});

test("and also when nobody told it", async () => {
  await using town = await openTown({ sweepEveryMs: 10 });
  const owner = town.person();
  await town.link(owner);
  const { account: shared } = await town.link({ kind: "shared" });
  town.people.delete(owner.id);
  await town.until(async () => (await people(town)) === 1);
  expect(await town.accounts.shared()).toEqual([shared]);
});

test("in the transaction that ends a person their accounts end", async () => {
  await using town = await openTown();
  const owner = town.person();
  await town.link(owner);
  await town.link(town.person());
  await town.database.transaction((tx) => town.accounts.forgetPerson(tx, owner.id));
  await town.server.revoked(1);
  expect(await people(town)).toBe(1);
});

test("idle accounts are renewed once a day, each by one replica", async () => {
  await using town = await openTown();
  const owners = Array.from({ length: 5 }, () => town.person());
  for (const owner of owners) await town.link(owner);
  const keyed = {
    kind: "oauth",
    accessToken: "only",
    refreshToken: undefined,
    expiresAtMs: undefined,
  } as const;
  await town.link(town.person(), { tokens: keyed });
  const isRenewed = async () => {
    const [row] = await town.database.query<{ n: number }>(sql`
      select count(*) as n from linked_accounts where refreshed_at = ${new Date(town.clock.now())}`);
    return row?.n === owners.length;
  };
  town.clock.advance(aDayMs);
  await using first = (await town.replica({ sweepEveryMs: 10 })).accounts;
  await using second = (await town.replica({ sweepEveryMs: 10 })).accounts;
  await town.until(isRenewed);
  expect(town.server.refreshes).toHaveLength(5);
  expect(first).not.toBe(second);
  const sent = new Set(town.server.refreshes.map(({ refreshToken }) => refreshToken));
  expect(sent.size).toBe(5);
  for (const owner of owners)
    expect(town.server.isGood((await town.accounts.usable(town.target, owner, never)).token)).toBe(true);
  expect(town.errors).toEqual([]);
});

test("what cannot be renewed does not keep the others from it", async () => {
  await using town = await openTown();
  const gone = { ...town.target, id: "srv_gone" };
  for (let times = 0; times < 45; times += 1) await town.link(town.person(), { target: gone });
  const owner = town.person();
  await town.link(owner);
  town.clock.advance(aDayMs);
  await using _ = (await town.replica({ sweepEveryMs: 5 })).accounts;
  await town.server.refreshed(1);
  await town.until(
    async () =>
      (await town.accounts.find(town.target.id, owner))?.refreshedAt?.getTime() === town.clock.now(),
  );
  expect(town.server.refreshes).toHaveLength(1);
});
