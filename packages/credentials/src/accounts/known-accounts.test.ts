import { expect, test } from "vitest";
import type { Database } from "@castellan/database";
import { deafFeed, openTown } from "./testing/town.ts";

const never = new AbortController().signal;

test("a request with a good token costs no query; a change is seen by all replicas", async () => {
  await using town = await openTown();
  let queries = 0;
  const counting: Database = {
    ...town.database,
    query: (statement) => {
      queries += 1;
      return town.database.query(statement);
    },
  };
  const { accounts, changes } = await town.replica({ database: counting });
  const owner = town.person();
  const first = await town.link(owner);
  await changes.flush();
  const many = () =>
    Promise.all(Array.from({ length: 100 }, () => accounts.usable(town.target, owner, never)));
  await many();
  await many();
  expect(queries).toBe(1);

  const second = await town.link(owner);
  await changes.flush();
  const used = await many();
  expect(used[0]).toEqual({ account: second.account, token: second.tokens.accessToken });
  expect(second.account).toEqual({ ...first.account, link: 2 });
  expect(queries).toBe(2);

  await town.accounts.unlink(second.account.id);
  await changes.flush();
  await expect(many()).rejects.toMatchObject({ code: "link_required" });
  expect(await accounts.find(town.target.id, owner)).toBeUndefined();
});

test("while the change log cannot be read, nothing that is held is believed", async () => {
  await using town = await openTown();
  let isFresh = true;
  const { accounts } = await town.replica({
    changes: deafFeed(() => isFresh),
  });
  const owner = town.person();
  const { account } = await town.link(owner);
  await accounts.usable(town.target, owner, never);
  await town.accounts.unlink(account.id);
  // Nothing was told.
  expect((await accounts.usable(town.target, owner, never)).account).toEqual(account);
  isFresh = false;
  await expect(accounts.usable(town.target, owner, never)).rejects.toMatchObject({ code: "link_required" });
});

test("what people see of an account is told; a refresh is not", async () => {
  await using town = await openTown();
  const owner = town.person();
  const told: (readonly string[] | "all")[] = [];
  using _ = { [Symbol.dispose]: town.accounts.onChange((keys) => told.push(keys)) };
  const key = `${town.target.id}.${owner.id}`;
  const { account } = await town.link(owner);
  town.clock.advance(3_600_000);
  await town.accounts.usable(town.target, owner, never);
  await town.changes.flush();
  expect(told).toEqual([[key]]);
  await town.accounts.unlink(account.id);
  await town.changes.flush();
  expect(told).toEqual([[key], [key]]);
});

test("when an account was used is written for people who tidy up, to the minute", async () => {
  await using town = await openTown();
  const owner = town.person();
  const { account } = await town.link(owner);
  const { accounts } = await town.replica();
  await accounts.usable(town.target, owner, never);
  const usedAt = new Date(town.clock.now());
  town.clock.advance(59_000);
  await accounts.usable(town.target, owner, never);
  await accounts[Symbol.asyncDispose]();
  expect((await town.accounts.get(account.id)).usedAt).toEqual(usedAt);
});
