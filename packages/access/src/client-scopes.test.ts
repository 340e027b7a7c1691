import { changeMigrations, sql, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { holdClientScopes, setClientScopes } from "./client-scopes.ts";
import { addAccessToken, findAccessToken, revokeAccessTokensOfClient } from "./grants/access-tokens.ts";
import { accessMigrations } from "./migrations.ts";
import { generateSecret, hashSecret } from "./token-secret.ts";

let database: Database;

beforeAll(async () => {
  database = await createTestDatabase([changeMigrations, accessMigrations]);
});
afterAll(() => database[Symbol.asyncDispose]());

const given = ["portal:team", "portal:team:read"];

test("a client may do what it was given, and less", async () => {
  await setClientScopes(database, "cli_1", given);
  const may = (scopes: string[], id = "cli_1") => holdClientScopes(database, id, scopes);
  expect([await may(given), await may(["portal:team"]), await may([])]).toEqual([true, true, true]);
  expect([await may([...given, "okrs:read"]), await may([], "cli_2")]).toEqual([false, false]);
  await setClientScopes(database, "cli_1", ["portal:team"]);
  expect([await may(given), await may(["portal:team"])]).toEqual([false, true]);
  await setClientScopes(database, "cli_1", []);
  expect(await may([])).toBe(false);
});

test("who ends a client waits for the token that is being made, and ends it too", async () => {
  await setClientScopes(database, "cli_3", given);
  const hash = hashSecret(generateSecret("access"));
  const now = new Date();
  let isOver = false;
  const ended = await database.transaction(async (making) => {
    expect(await holdClientScopes(making, "cli_3", given)).toBe(true);
    const ending = database.transaction(async (tx) => {
      await setClientScopes(tx, "cli_3", []);
      await revokeAccessTokensOfClient(tx, "cli_3", now);
    });
    void ending.then(() => (isOver = true));
    const waiting = sql`
      select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    await expect.poll(() => database.query(waiting)).toHaveLength(1);
    await addAccessToken(making, {
      hash,
      grantId: undefined,
      clientId: "cli_3",
      portal: "team",
      scopes: given,
      createdAt: now,
      expiresAt: new Date(now.getTime() + 900_000),
      refreshHash: undefined,
    });
    expect(isOver).toBe(false);
    // Not its promise: the transaction would wait for what waits for it.
    return { ending };
  });
  await ended.ending;
  expect(await findAccessToken(database, hash)).toBeUndefined();
});
