import { changeMigrations, sql, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createManualClock } from "@castellan/kernel";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { accessMigrations } from "../migrations.ts";
import { createGroups, type Groups } from "./groups.ts";
import { createPeople, type People } from "./people.ts";
import type { SigningIn } from "./signed-in-by.ts";
import { withdrawSource } from "../issuers/withdraw-source.ts";

let database: Database;
let people: People;
let groups: Groups;
const clock = createManualClock(Date.UTC(2026, 0, 1));

const signing = (more: Partial<SigningIn> = {}): SigningIn => ({
  provider: "entra",
  subject: "s-1",
  directory: "workforce",
  email: "Ada@example.com",
  emailVerified: true,
  name: "Ada",
  createsUsers: true,
  linksByEmail: false,
  ...more,
});
const unknown = { code: "account_unknown", status: 403 };

beforeAll(async () => {
  database = await createTestDatabase([changeMigrations, accessMigrations]);
  people = createPeople({ database, clock });
  groups = createGroups({ database, clock });
});
beforeEach(async () => {
  await database.query(sql`truncate users, groups cascade`);
});
afterAll(() => database[Symbol.asyncDispose]());

test("somebody new is a member, and the same person by another address and name afterwards", async () => {
  const ada = await people.signedInBy(signing({ groups: ["Ops"] }));
  expect(ada).toMatchObject({ email: "ada@example.com", name: "Ada", role: "member", groups: ["Ops"] });
  expect(ada.lastSignedInAt).toEqual(new Date(clock.now()));
  const again = await people.signedInBy(
    signing({ email: "eve@example.com", name: "Eve", createsUsers: false }),
  );
  expect(again).toEqual(ada);
});

test("of many who come with one subject at once, all are the same person", async () => {
  const came = await Promise.all(
    Array.from({ length: 12 }, () => people.signedInBy(signing({ groups: ["a", "b"] }))),
  );
  expect(new Set(came.map(({ id }) => id)).size).toBe(1);
  expect((await people.page({ limit: 10 })).items).toHaveLength(1);
});

test.each<[string, Partial<SigningIn>]>([
  ["makes nobody", { createsUsers: false }],
  ["an address that it does not vouch for", { emailVerified: false }],
  ["no address", { email: undefined }],
  ["an address that is none", { email: "ada" }],
])("unknown: %s", async (_, more) => {
  await expect(people.signedInBy(signing(more))).rejects.toMatchObject(unknown);
  expect((await people.page({ limit: 10 })).items).toEqual([]);
});

test("an account that somebody uses is not taken over by its address, unless the admin said so", async () => {
  const ada = await people.signedInBy(signing());
  const other = signing({ provider: "partner", subject: "x" });
  await expect(people.signedInBy(other)).rejects.toMatchObject(unknown);
  await expect(
    people.signedInBy({ ...other, linksByEmail: true, emailVerified: false }),
  ).rejects.toMatchObject(unknown);
  expect((await people.signedInBy({ ...other, linksByEmail: true })).id).toBe(ada.id);
  expect((await people.signedInBy(other)).id).toBe(ada.id);
});

test("an account that waits for its first sign-in is met by its address, but none that manages the platform", async () => {
  const add = (email: string, role: "member" | "owner") =>
    people.add({ directory: "workforce", email, name: "x", role }, { by: "owner" });
  const ada = await add("ada@example.com", "member");
  await add("root@example.com", "owner");
  expect((await people.signedInBy(signing({ createsUsers: false }))).id).toBe(ada.id);
  const root = signing({ subject: "s-2", email: "root@example.com" });
  await expect(people.signedInBy(root)).rejects.toMatchObject(unknown);
  expect(await people.signedInBy({ ...root, linksByEmail: true })).toMatchObject({ role: "owner" });
});

test("a provider means nobody of another directory, and nobody who is suspended", async () => {
  const ada = await people.signedInBy(signing());
  await expect(people.signedInBy(signing({ directory: "customers" }))).rejects.toMatchObject(unknown);
  await people.change(ada.id, { status: "suspended" }, { by: "admin" });
  await expect(people.signedInBy(signing())).rejects.toMatchObject({
    code: "account_suspended",
    status: 403,
  });
});

test("what a provider says of groups goes when it takes it back; what an admin says stays, and is not mixed up", async () => {
  const ada = await people.signedInBy(signing({ groups: ["Ops", "Dev", " no ", "x".repeat(129)] }));
  expect(ada.groups).toEqual(["Dev", "Ops"]);
  await groups.add({ directory: "workforce", name: "Local" });
  // The whole list read, and written back with one more: what the provider said is not the admin's by that.
  const more = await people.change(ada.id, { groups: [...ada.groups, "Local"] }, { by: "admin" });
  expect(more.groups).toEqual(["Dev", "Local", "Ops"]);
  expect((await people.signedInBy(signing())).groups).toEqual(["Dev", "Local", "Ops"]);
  expect((await people.signedInBy(signing({ groups: ["Dev"] }))).groups).toEqual(["Dev", "Local"]);
  expect((await people.signedInBy(signing({ groups: [] }))).groups).toEqual(["Local"]);
});

test("a provider that goes takes its subjects and groups along: a later one of its slug is another one", async () => {
  const ada = await people.signedInBy(signing({ groups: ["Ops"] }));
  await database.transaction((tx) => withdrawSource(tx, "entra"));
  expect((await people.get(ada.id)).groups).toEqual([]);
  await expect(people.signedInBy(signing())).rejects.toMatchObject(unknown);
});
