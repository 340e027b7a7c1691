import { changeMigrations, sql, type Database, type Queryable } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createManualClock, isFault, type ManualClock } from "@castellan/kernel";
import { afterEach, beforeEach, expect, test } from "vitest";
import { accessMigrations } from "../migrations.ts";
import { createPeople, type People } from "../people/people.ts";
import { defaultClaimNames } from "./claims.ts";
import { createTrustedIssuerStore, issuerSource, type TrustedIssuerStore } from "./issuer-store.ts";
import type { NewTrustedIssuer, TrustedIssuerChange } from "./trusted-issuer.ts";

let database: Database;
let clock: ManualClock;
let people: People;
let store: TrustedIssuerStore;

beforeEach(async () => {
  database = await createTestDatabase([changeMigrations, accessMigrations]);
  clock = createManualClock();
  people = createPeople({ database, clock });
  store = createTrustedIssuerStore({ database, clock });
});
afterEach(() => database[Symbol.asyncDispose]());

function corp(over: Partial<NewTrustedIssuer> = {}): NewTrustedIssuer {
  return {
    slug: "corp",
    title: "Corp",
    issuer: "https://login.corp.example",
    audience: "castellan",
    jwksUri: "https://login.corp.example/keys",
    directory: "workforce",
    claims: { ...defaultClaimNames, groups: "roles" },
    groupMap: { "0d9f": "engineering" },
    groupPrefix: "corp:",
    allowedDomains: ["corp.example"],
    requiresVerifiedEmail: false,
    keptClaims: [],
    algorithms: ["RS256", "ES256"],
    createsUsers: true,
    linksByEmail: true,
    scopesClaim: "scp",
    allowPrivate: ["10.0.0.0/8"],
    isEnabled: true,
    ...over,
  };
}

async function codeOf(doing: Promise<unknown>): Promise<unknown> {
  return doing.then(
    () => "done",
    (error: unknown) => (isFault(error) ? [error.code, error.field] : String(error)),
  );
}

test("an issuer is kept as it was given", async () => {
  const at = new Date(clock.now());
  const added = await store.add(corp());
  expect(added).toEqual({ ...corp(), version: 1, createdAt: at, updatedAt: at });
  expect([await store.get("corp"), await store.list()]).toEqual([added, [added]]);
});

test("a slug is one issuer's, and so is an issuer with its audience", async () => {
  await store.add(corp());
  await store.add(corp({ slug: "other", audience: "other" }));
  expect(await codeOf(store.add(corp({ audience: "new" })))).toEqual(["trusted_issuer_taken", "slug"]);
  expect(await codeOf(store.add(corp({ slug: "new" })))).toEqual(["trusted_issuer_taken", "audience"]);
  expect(await codeOf(store.change("other", { audience: "castellan" }))).toEqual([
    "trusted_issuer_taken",
    "audience",
  ]);
  expect(await codeOf(store.change("nobody", {}))).toEqual(["trusted_issuer_unknown", undefined]);
});

test.each<[string, TrustedIssuerChange, Partial<NewTrustedIssuer>]>([
  ["nothing", {}, {}],
  ["what is so already", { title: "Corp", claims: { groups: "roles" } }, {}],
  ["a title", { title: "New" }, { title: "New" }],
  [
    "what can be taken away",
    { jwksUri: null, groupMap: null, scopesClaim: null },
    { jwksUri: undefined, groupMap: undefined, scopesClaim: undefined },
  ],
  [
    "one claim",
    { claims: { email: "upn" } },
    { claims: { ...defaultClaimNames, email: "upn", groups: "roles" } },
  ],
  ["no groups any more", { claims: { groups: null } }, { claims: defaultClaimNames }],
])("a change of %s changes that and nothing else", async (_, change, expected) => {
  const before = await store.add(corp());
  clock.advance(1_000);
  const { version, updatedAt, ...after } = await store.change("corp", change);
  const isOther = Object.keys(expected).length > 0;
  expect({ version, at: updatedAt.getTime() - before.updatedAt.getTime() }).toEqual(
    isOther ? { version: 2, at: 1_000 } : { version: 1, at: 0 },
  );
  expect(after).toEqual({ ...corp(), createdAt: before.createdAt, ...expected });
});

test("of two writers the second one is told, and nothing of its is done", async () => {
  await store.add(corp());
  const outcomes = await Promise.all(
    ["One", "Two"].map((title) => codeOf(store.change("corp", { title }, 1))),
  );
  expect(outcomes.map(String).toSorted()).toEqual(["done", "version_stale,If-Match"]);
  expect(await codeOf(store.remove("corp", 1))).toEqual(["version_stale", "If-Match"]);
});

const known = sql`select count(*) from identities`;

test("whom an issuer calls what is kept as long as somebody trusts it by that", async () => {
  await store.add(corp());
  const other = await store.add(corp({ slug: "other", audience: "other" }));
  await people.signedInBy({
    provider: issuerSource(other),
    subject: "1",
    directory: "workforce",
    email: "ada@corp.example",
    emailVerified: true,
    createsUsers: true,
    linksByEmail: false,
  });
  await store.remove("corp");
  expect(await database.query(known)).toEqual([{ count: 1 }]);
  await store.change("other", { claims: { subject: "oid" } });
  expect(await database.query(known)).toEqual([{ count: 0 }]);
});

test("who took its tokens is told that it goes, in the transaction in which it does", async () => {
  const told: string[] = [];
  const onRemoved = async (tx: Queryable, slug: string) => {
    told.push(slug, ...(await tx.query<{ slug: string }>(sql`select slug from trusted_issuers`)).map(String));
    throw new Error("no");
  };
  const failing = createTrustedIssuerStore({ database, clock, onRemoved });
  await failing.add(corp());
  await expect(failing.remove("corp")).rejects.toThrow("no");
  expect([told, (await store.list()).length]).toEqual([["corp"], 1]);
});
