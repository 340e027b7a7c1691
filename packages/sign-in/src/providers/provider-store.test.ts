import { randomBytes } from "node:crypto";
import { defaultClaimNames } from "@castellan/access";
import { startCompanyIdp, type CompanyIdp } from "@castellan/access/testing";
import { accessMigrations, createPeople, type People } from "@castellan/access";
import { sql, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createManualClock, isFault } from "@castellan/kernel";
import { createVault, generateMasterKey, vaultMigrations } from "@castellan/vault";
import { createOutbound, type Outbound } from "@castellan/web";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { signInMigrations } from "../migrations.ts";
import { createCheckedProviders, type CheckedProviders } from "./checked-providers.ts";
import { createProviderStore, type ProviderStore } from "./provider-store.ts";
import type { NewProvider, ProviderChange } from "./provider.ts";

let idp: CompanyIdp;
let outbound: Outbound;
let database: Database;
let people: People;
let store: ProviderStore;
let checked: CheckedProviders;

beforeAll(async () => {
  idp = await startCompanyIdp();
  outbound = createOutbound();
});
afterAll(async () => {
  await outbound[Symbol.asyncDispose]();
  await idp[Symbol.asyncDispose]();
});
beforeEach(async () => {
  database = await createTestDatabase([vaultMigrations, accessMigrations, signInMigrations]);
  const clock = createManualClock();
  const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  people = createPeople({ database, clock });
  store = createProviderStore({ database, vault, clock });
  checked = createCheckedProviders({ database, vault, clock, outbound });
});
afterEach(async () => {
  idp.instead.clear();
  await database[Symbol.asyncDispose]();
});

function corp(over: Partial<NewProvider> = {}): NewProvider {
  return {
    slug: "corp",
    title: "Corp",
    directory: "workforce",
    issuer: idp.issuer,
    clientId: "castellan",
    clientSecret: "s3cret",
    scopes: ["email"],
    claims: defaultClaimNames,
    groupPrefix: "",
    allowedDomains: ["corp.example"],
    requiresVerifiedEmail: true,
    createsUsers: true,
    keptClaims: [],
    linksByEmail: false,
    allowPrivate: ["127.0.0.1"],
    isEnabled: true,
    ...over,
  };
}

async function codeOf(doing: Promise<unknown>): Promise<string> {
  return doing.then(
    () => "done",
    (error: unknown) => (isFault(error) ? error.code : String(error)),
  );
}

test("a provider is kept as it was given, its secret out of sight", async () => {
  const { clientSecret, ...given } = corp({ groupMap: { a: "admins" } });
  const added = await store.add({ ...given, clientSecret });
  const { version, createdAt, updatedAt, ...kept } = added;
  expect({ kept, version, isNew: createdAt.getTime() === updatedAt.getTime() }).toEqual({
    kept: { ...given, hasClientSecret: true },
    version: 1,
    isNew: true,
  });
  expect(await store.get("corp")).toEqual(added);
  expect(await store.inUse("corp")).toEqual({ provider: added, clientSecret: "s3cret" });
  expect(await codeOf(store.add(corp()))).toBe("provider_taken");
});

test.each<[string, ProviderChange, number]>([
  ["nothing", {}, 1],
  ["what it is already", { title: "Corp", clientSecret: "s3cret", scopes: ["email"] }, 1],
  ["its title", { title: "Corporation" }, 2],
  ["its secret", { clientSecret: "other" }, 2],
  ["its secret away", { clientSecret: null }, 2],
])("a change of %s", async (_, change, version) => {
  await store.add(corp());
  expect((await store.change("corp", change, 1)).version).toBe(version);
  const { clientSecret } = await store.inUse("corp");
  expect(clientSecret).toBe(change.clientSecret === null ? undefined : (change.clientSecret ?? "s3cret"));
});

test("of two writers the second one is told, and nothing of its is done", async () => {
  await store.add(corp());
  const outcomes = await Promise.all(
    ["One", "Two"].map((title) => codeOf(store.change("corp", { title }, 1))),
  );
  expect(outcomes.toSorted()).toEqual(["done", "version_stale"]);
  expect(await codeOf(store.remove("corp", 1))).toBe("version_stale");
  expect(await codeOf(store.change("nobody", {}))).toBe("provider_unknown");
});

test("a secret does not open for another issuer, whoever writes that into the table", async () => {
  await store.add(corp());
  await database.query(sql`update sign_in_providers set issuer = 'https://evil.example'`);
  await expect(store.inUse("corp")).rejects.toThrow("was given for another issuer");
});

const told = {
  provider: "corp",
  subject: "1",
  directory: "workforce",
  email: "ada@corp.example",
  emailVerified: true,
  groups: ["engineering"],
  createsUsers: true,
  linksByEmail: false,
} as const;

test.each<[string, () => Promise<unknown>]>([
  ["is removed", () => store.remove("corp")],
  [
    "calls people by another claim",
    () => store.change("corp", { claims: { ...defaultClaimNames, subject: "oid" } }),
  ],
])("once a provider %s, whom it called what is forgotten, and so are its groups", async (_, end) => {
  await store.add(corp());
  const ada = await people.signedInBy(told);
  expect(ada.groups).toEqual(["engineering"]);
  await end();
  expect((await people.get(ada.id)).groups).toEqual([]);
  const other = await people.signedInBy({ ...told, email: "eve@evil.example" });
  expect(other.id).not.toBe(ada.id);
});

test("a provider's list is by title, and the sign-in page has the enabled ones of its directory", async () => {
  await store.add(corp({ slug: "b", title: "beta" }));
  await store.add(corp({ slug: "a", title: "Gamma" }));
  await store.add(corp({ slug: "c", title: "Alpha", directory: "customers" }));
  await store.add(corp({ slug: "d", title: "Delta", isEnabled: false }));
  expect((await store.list()).map(({ slug }) => slug)).toEqual(["c", "b", "d", "a"]);
  expect((await store.list({ directory: "workforce", isEnabled: true })).map(({ slug }) => slug)).toEqual([
    "b",
    "a",
  ]);
});

test("a provider is asked what it publishes before it is saved, and when it is to be used again", async () => {
  expect(await codeOf(checked.add(corp({ allowPrivate: [] })))).toBe("outbound_refused");
  expect(await codeOf(checked.add(corp({ allowPrivate: ["10.0.0.0/99"] })))).toBe("outbound_policy_invalid");
  expect(await codeOf(checked.add(corp({ issuer: `${idp.issuer}/` })))).toBe("issuer_unfit");
  expect(await codeOf(checked.add(corp({ issuer: `${idp.issuer}/x` })))).toBe("issuer_unfit");
  idp.instead.set("/.well-known/openid-configuration", (_, response) => response.writeHead(503).end());
  expect(await codeOf(checked.add(corp()))).toBe("issuer_unavailable");
  idp.instead.clear();
  await checked.add(corp({ isEnabled: false }));
  expect(await codeOf(checked.change("corp", { allowPrivate: [] }))).toBe("outbound_refused");
  idp.instead.set("/.well-known/openid-configuration", (_, response) => response.writeHead(410).end());
  expect(await codeOf(checked.change("corp", { isEnabled: true }))).toBe("issuer_unfit");
  expect(await codeOf(checked.change("corp", { title: "Away" }))).toBe("done");
  expect(await store.list()).toMatchObject([{ title: "Away", isEnabled: false }]);
});
