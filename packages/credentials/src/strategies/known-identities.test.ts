import { sql, withinTransaction } from "@castellan/database";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AccountChange } from "../credentials.ts";
import type { Target } from "../target.ts";
import { openInstallation, person, type Installation } from "./testing/installation.ts";

let installation: Installation;

beforeAll(async () => {
  installation = await openInstallation();
});
afterAll(() => installation[Symbol.asyncDispose]());

const owner = (name: string) => ({ kind: "person", id: person(name).id }) as const;

async function link(target: Target, name: string): Promise<void> {
  const { database, credentials } = installation;
  await database.transaction((tx) =>
    credentials.accounts.link(withinTransaction(tx, database), {
      target,
      owner: owner(name),
      tokens: { kind: "key", key: "k" },
      issuer: undefined,
      clientId: undefined,
      scopes: [],
      linkedBy: name,
      linkedFrom: undefined,
    }),
  );
}

/** Collects what is told, and waits until there is so much of it. */
function listen() {
  const changes: AccountChange[] = [];
  const stop = installation.credentials.onChange((change) => changes.push(change));
  return {
    changes,
    told: async (count: number) => {
      while (changes.length < count) await new Promise(setImmediate);
      stop();
    },
  };
}

test("whatever was missed while the change log could not be heard is found afterwards, and nothing else", async () => {
  const target = installation.target({ auth: { kind: "own_key" } });
  const { credentials, changes, database } = installation;
  await link(target, "ada");
  await link(target, "bob");
  await changes.flush();
  const before = await credentials.identityOf(target, person("ada"));
  await credentials.identityOf(target, person("bob"));
  const listener = listen();
  // As if it had been trimmed before it was read: the account is another one, and no row says so.
  await database.query(sql`update linked_accounts set link = link + 1 where owner_id = ${person("ada").id}`);
  await database.query(sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'castellan-changes' and datname = current_database()`);
  await listener.told(1);
  const now = await credentials.identityOf(target, person("ada"));
  expect(now).not.toBe(before);
  expect(listener.changes).toEqual([{ targetId: target.id, owner: owner("ada"), identity: now }]);
});

test("an account that nobody here has asked for is told of when it is new", async () => {
  const target = installation.target({ auth: { kind: "own_key" } });
  const listener = listen();
  await link(target, "carol");
  await installation.changes.flush();
  await listener.told(1);
  const identity = await installation.credentials.identityOf(target, person("carol"));
  expect(listener.changes).toEqual([{ targetId: target.id, owner: owner("carol"), identity }]);
});

test("who cannot be read is tried again", async () => {
  const target = installation.target({ auth: { kind: "own_key" } });
  const { database, changes, errors } = installation;
  const listener = listen();
  await database.query(sql`alter table linked_accounts rename column linked_from to away`);
  await database.query(sql`
    with change as (insert into changes (topic, key) values ('accounts', ${`${target.id}.usr_dan`}))
    select pg_notify('castellan_changes', 'accounts')`);
  await changes.flush();
  while (errors.length === 0) await new Promise(setImmediate);
  await database.query(sql`alter table linked_accounts rename column away to linked_from`);
  await listener.told(1);
  expect(listener.changes).toEqual([
    { targetId: target.id, owner: owner("dan"), identity: `nobody ${person("dan").id}` },
  ]);
});
