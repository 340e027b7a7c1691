import { sql } from "@castellan/database";
import { forgetRefusedSecret } from "../secrets/refused-secrets.ts";
import { accountsTopic, ownerIdOf } from "../account.ts";
import type { Accounts, AccountsOptions } from "./accounts.ts";
import { endAccounts } from "./ending.ts";
import { keyOfAccount, type Ground } from "./ground.ts";
import { KnownAccounts } from "./known-accounts.ts";
import { link } from "./link.ts";
import { accountsOfPerson, accountsOfTarget, getAccount, sharedAccounts, unknownAccount } from "./reading.ts";
import { Refresher } from "./refresher.ts";
import { Sweeper } from "./sweeper.ts";
import { AccountUse } from "./use.ts";
import { UsedAccounts } from "./used.ts";

/** Begins to listen for changes and to sweep, until it is disposed of; refreshes that are under way are waited for then. */
export function createAccounts(options: AccountsOptions): Accounts & AsyncDisposable {
  const owned = new AsyncDisposableStack();
  const known = owned.use(new KnownAccounts(options));
  const ground: Ground = {
    random: Math.random,
    sweepEveryMs: 15_000,
    pollEveryMs: 1_000,
    waitMs: 10_000,
    ...options,
    forget: (key) => known.forget(key),
  };
  const { database, changes } = ground;
  const used = owned.use(new UsedAccounts(ground));
  const refresher = new Refresher(ground, known);
  const use = new AccountUse(ground, known, refresher, used);
  const sweeper = new Sweeper(ground, refresher);
  owned.defer(async () => {
    await Promise.all([sweeper[Symbol.asyncDispose](), refresher[Symbol.asyncDispose]()]);
  });
  return {
    find: async (targetId, owner) => (await known.get(targetId, owner))?.account,
    get: (id) => getAccount(ground, id),
    ofPerson: (personId) => accountsOfPerson(ground, personId),
    ofTarget: (targetId, page) => accountsOfTarget(ground, targetId, page),
    shared: () => sharedAccounts(ground),
    usable: (target, owner, signal) => use.usable(target, owner, signal),
    refused: (target, owner, refusal, signal) => use.refused(target, owner, refusal, signal),
    link: (tx, account) => link(tx, ground, account),
    unlink: async (id, owner) => {
      const isOwners = owner === undefined ? sql`` : sql`and owner_id = ${ownerIdOf(owner)}`;
      const [account] = await database.transaction((tx) =>
        endAccounts(tx, ground, sql`id = ${id} ${isOwners}`),
      );
      if (account === undefined) throw unknownAccount();
      known.forget(keyOfAccount(account));
      return account;
    },
    forgetTarget: async (tx, targetId, whose = "all") => {
      const isTheirs = whose === "all" ? sql`` : sql`and owner_id <> ${ownerIdOf({ kind: "shared" })}`;
      await endAccounts(tx, ground, sql`target_id = ${targetId} ${isTheirs}`);
      await forgetRefusedSecret(tx, targetId);
    },
    forgetPerson: async (tx, personId) => {
      await endAccounts(tx, ground, sql`owner_id = ${personId}`);
    },
    onChange: (listener) => changes.on(accountsTopic, (keys) => listener(keys)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
