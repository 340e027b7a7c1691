import { randomBytes } from "node:crypto";
import { createTestDatabase } from "@castellan/database/testing";
import { changeMigrations, sql } from "@castellan/database";
import { createManualClock } from "@castellan/kernel";
import { createVault, generateMasterKey } from "@castellan/vault";
import { expect, test } from "vitest";
import { credentialMigrations } from "../migrations.ts";
import type { Target } from "../target.ts";
import { forgetRefusedSecret, RefusedSecretStore } from "./refused-secrets.ts";

const anHourMs = 3_600_000;
const withToken = (token: string): Target => ({
  id: "srv_1",
  slug: "crm",
  title: "CRM",
  url: "https://crm.example/mcp",
  allowPrivate: [],
  auth: { kind: "bearer" },
  secrets: { token },
  asksForOAuth: false,
});

test("a secret that is refused is told once over all replicas, and again when it was good for a day or is another one", async () => {
  await using database = await createTestDatabase([changeMigrations, credentialMigrations]);
  const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  const clock = createManualClock();
  const told: [token: string | undefined, by: string][] = [];
  const errors: unknown[] = [];
  const refuse = async (token: string, by: "target" | "authorization_server" = "target") => {
    const replicas = [0, 1, 2].map(
      () =>
        new RefusedSecretStore({
          database,
          vault,
          clock,
          onRefused: async (_, { secrets }, whom) => void told.push([secrets.token, whom]),
          onError: (error) => errors.push(error),
        }),
    );
    for (const replica of replicas) replica.note(withToken(token), by);
    for (const replica of replicas) await replica[Symbol.asyncDispose]();
    return told.splice(0);
  };
  expect(await refuse("a")).toEqual([["a", "target"]]);
  for (let hour = 0; hour < 30; hour += 1) {
    clock.advance(anHourMs);
    expect(await refuse("a")).toEqual([]);
  }
  clock.advance(24 * anHourMs);
  expect(await refuse("a")).toEqual([["a", "target"]]);
  expect(await refuse("b")).toEqual([["b", "target"]]);
  expect(await refuse("b", "authorization_server")).toEqual([["b", "authorization_server"]]);

  await using store = new RefusedSecretStore({ database, vault, clock, onError: () => undefined });
  const refused = { targetId: "srv_1", by: "authorization_server", at: new Date(clock.now()) };
  expect([await store.find("srv_1"), await store.all()]).toEqual([refused, [refused]]);
  const [row] = await database.query<{ text: string }>(sql`select r::text as text from refused_secrets r`);
  expect(row?.text).not.toContain("crm.example");
  await forgetRefusedSecret(database, "srv_1");
  expect(await store.all()).toEqual([]);
  expect(errors).toEqual([]);
});

test("where nobody can be told the refusal is not taken for told", async () => {
  await using database = await createTestDatabase([changeMigrations, credentialMigrations]);
  const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  const clock = createManualClock();
  const errors: unknown[] = [];
  let tries = 0;
  const onRefused = async () => {
    if (++tries === 1) throw new Error("no notice");
  };
  const store = new RefusedSecretStore({
    database,
    vault,
    clock,
    onRefused,
    onError: (error) => errors.push(error),
  });
  store.note(withToken("a"), "target");
  await store[Symbol.asyncDispose]();
  expect([errors.length, await store.all()]).toEqual([1, []]);
  store.note(withToken("a"), "target");
  await store[Symbol.asyncDispose]();
  expect(tries).toBe(2);
});
