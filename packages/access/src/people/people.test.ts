import { changeMigrations, sql, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createId, createManualClock } from "@castellan/kernel";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { accessMigrations } from "../migrations.ts";
import { roles, type Role } from "../roles.ts";
import { mayManage } from "./authority.ts";
import { createGroups, type Groups } from "./groups.ts";
import { createPeople, type NewUser, type People } from "./people.ts";
import { createSignInSessions } from "./sign-in-sessions.ts";
import { toEmail } from "./user-input.ts";

let database: Database;
let people: People;
let groups: Groups;
const clock = createManualClock(Date.UTC(2026, 0, 1));
const owner = { by: "owner" } as const;
const admin = { by: "admin" } as const;

const person = (more: Partial<NewUser> = {}): NewUser => ({
  directory: "workforce",
  email: "ada@example.com",
  name: "Ada",
  ...more,
});

const changed = async () => {
  const rows = await database.query<{ key: string }>(
    sql`select distinct topic || ' ' || key as key from changes order by 1`,
  );
  return rows.map(({ key }) => key);
};

beforeAll(async () => {
  database = await createTestDatabase([changeMigrations, accessMigrations]);
  people = createPeople({ database, clock });
  groups = createGroups({ database, clock });
});
beforeEach(async () => {
  await database.query(sql`truncate users, groups cascade`);
  await database.query(sql`delete from changes`);
});
afterAll(() => database[Symbol.asyncDispose]());

test("a person is kept as told, the address in lower case, and found by it in any case", async () => {
  await groups.add({ directory: "workforce", name: "Ops" });
  await groups.add({ directory: "workforce", name: "Dev" });
  await database.query(sql`delete from changes`);
  const ada = await people.add(
    person({ email: "Ada@Example.COM", role: "developer", groups: ["Ops", "Dev"] }),
    admin,
  );
  expect(ada).toEqual({
    id: expect.stringMatching(/^usr_[0-9a-f]{32}$/) as string,
    directory: "workforce",
    email: "ada@example.com",
    name: "Ada",
    role: "developer",
    status: "active",
    groups: ["Dev", "Ops"],
    version: 1,
    createdAt: new Date(clock.now()),
    updatedAt: new Date(clock.now()),
    lastSignedInAt: undefined,
  });
  expect(await people.get(ada.id)).toEqual(ada);
  expect(await people.find("workforce", "ADA@example.com")).toEqual(ada);
  expect(await people.find("customers", "ada@example.com")).toBeUndefined();
  expect(await changed()).toEqual([`users ${ada.id}`]);
});

test.each<[string, Partial<NewUser>, object]>([
  ["an address that is none", { email: "ada" }, { code: "invalid_input", field: "email" }],
  ["a name with a line break", { name: "A\nB" }, { code: "invalid_input", field: "name" }],
  [
    "a customer with a role",
    { directory: "customers", role: "auditor" },
    { code: "invalid_input", field: "role" },
  ],
  ["a group that is not there", { groups: ["nobody"] }, { code: "group_not_found", field: "groups[0]" }],
])("%s is refused", async (_, more, fault) => {
  await expect(people.add(person(more), owner)).rejects.toMatchObject(fault);
  expect((await people.page({ limit: 10 })).items).toEqual([]);
});

test("one address is one person of a directory, however many add it at once", async () => {
  const adding = await Promise.allSettled(Array.from({ length: 8 }, () => people.add(person(), admin)));
  const refused = adding.flatMap((each) => (each.status === "rejected" ? [each.reason.code] : []));
  expect(refused).toEqual(Array.from({ length: 7 }, () => "email_taken"));
  await people.add(person({ directory: "customers" }), admin);
  const bob = await people.add(person({ email: "bob@example.com" }), admin);
  await expect(people.change(bob.id, { email: "ADA@example.com" }, admin)).rejects.toMatchObject({
    code: "email_taken",
    status: 409,
  });
});

test("letters beyond ASCII never become ASCII: the Kelvin sign is no k", () => {
  expect(toEmail("mi\u212Ae@example.com")).toBe("mi\u212Ae@example.com");
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const email = toEmail(text);
      if (email !== undefined) expect([email.length, toEmail(email)]).toEqual([text.length, email]);
    }),
  );
});

test("a change raises the version, nothing changed does not, and an old version is refused", async () => {
  const ada = await people.add(person(), admin);
  expect((await people.change(ada.id, { name: "Ada" }, admin)).version).toBe(1);
  const renamed = await people.change(ada.id, { name: "Ada L." }, { by: "admin", ifMatch: 1 });
  expect(renamed).toEqual({ ...ada, name: "Ada L.", version: 2 });
  await expect(people.change(ada.id, { name: "A" }, { by: "admin", ifMatch: 1 })).rejects.toMatchObject({
    code: "version_stale",
  });
  await expect(people.remove(ada.id, { by: "admin", ifMatch: 1 })).rejects.toMatchObject({
    code: "version_stale",
  });
  await people.remove(ada.id, { by: "admin", ifMatch: 2 });
  await expect(people.get(ada.id)).rejects.toMatchObject({ code: "user_not_found" });
});

test("only owners decide about owners and admins, and only managers about anybody", async () => {
  const root = await people.add(person({ email: "root@example.com", role: "owner" }), owner);
  const boss = await people.add(person({ email: "boss@example.com", role: "admin" }), owner);
  const ada = await people.add(person(), admin);
  const refused = { code: "permission_required", status: 403 };
  for (const role of ["owner", "admin"] as const) {
    await expect(people.add(person({ email: "x@example.com", role }), admin)).rejects.toMatchObject(refused);
    await expect(people.change(ada.id, { role }, admin)).rejects.toMatchObject(refused);
  }
  for (const { id } of [root, boss]) {
    await expect(people.change(id, { email: "mine@example.com" }, admin)).rejects.toMatchObject(refused);
    await expect(people.change(id, { role: "member" }, admin)).rejects.toMatchObject(refused);
    await expect(people.change(id, { status: "suspended" }, admin)).rejects.toMatchObject(refused);
    await expect(people.change(id, { groups: [] }, admin)).rejects.toMatchObject(refused);
    await expect(people.remove(id, admin)).rejects.toMatchObject(refused);
  }
  for (const by of ["auditor", "developer", "member"] as const)
    await expect(people.change(ada.id, { name: "x" }, { by })).rejects.toMatchObject(refused);
  const managers = roles.flatMap((by) => roles.map((of) => [by, of] as [Role, Role]));
  expect(managers.filter(([by, of]) => mayManage(by, of)).map((pair) => pair.join(" "))).toEqual([
    ...roles.map((of) => `owner ${of}`),
    "admin auditor",
    "admin developer",
    "admin member",
  ]);
});

test("of twenty who take the last owners away at once, one owner is left", async () => {
  const owners = await Promise.all(
    Array.from({ length: 5 }, (_, n) =>
      people.add(person({ email: `o${n}@example.com`, role: "owner" }), owner),
    ),
  );
  const ways = owners.flatMap(({ id }) => [
    () => people.change(id, { role: "admin" }, owner),
    () => people.change(id, { status: "suspended" }, owner),
    () => people.remove(id, owner),
    () => people.change(id, { role: "member", name: "Gone" }, owner),
  ]);
  const tried = await Promise.allSettled(ways.map((way) => way()));
  const codes = new Set(tried.flatMap((each) => (each.status === "rejected" ? [each.reason.code] : [])));
  codes.delete("user_not_found");
  expect([...codes]).toEqual(["last_owner"]);
  expect(await people.ownersCount()).toBe(1);
});

test("the last owner, demoted twenty times at once, stays", async () => {
  const { id } = await people.add(person({ role: "owner" }), owner);
  const tried = await Promise.allSettled(
    Array.from({ length: 20 }, () => people.change(id, { role: "admin" }, owner)),
  );
  expect(tried.map((each) => each.status === "rejected" && each.reason.code)).toEqual(
    Array.from({ length: 20 }, () => "last_owner"),
  );
});

test("pages are in the order of addresses, and narrowed by what is asked for", async () => {
  await groups.add({ directory: "workforce", name: "Ops" });
  for (const name of ["d", "b", "a", "c"])
    await people.add(
      person({
        email: `${name}@example.com`,
        name,
        ...(name === "b" && { groups: ["Ops"], role: "auditor" }),
      }),
      admin,
    );
  await people.add(person({ directory: "customers", email: "z@shop.example", name: "Zed" }), admin);
  const seen: string[] = [];
  let after: string | undefined;
  do {
    const page: Awaited<ReturnType<People["page"]>> = await people.page({ limit: 2, after });
    seen.push(...page.items.map(({ name }) => name));
    after = page.next;
  } while (after !== undefined);
  expect(seen).toEqual(["Zed", "a", "b", "c", "d"]);
  const names = async (filter: object) =>
    (await people.page({ limit: 10, ...filter })).items.map(({ name }) => name);
  expect(await names({ group: "Ops" })).toEqual(["b"]);
  expect(await names({ role: "auditor" })).toEqual(["b"]);
  expect(await names({ q: "SHOP" })).toEqual(["Zed"]);
  expect(await names({ q: "%" })).toEqual([]);
  expect(await names({ directory: "customers" })).toEqual(["Zed"]);
  expect(await names({ status: "suspended" })).toEqual([]);
});

test("a suspended person's sessions and grants end at once, and the replicas are told", async () => {
  const sessions = createSignInSessions({ database, clock });
  const ada = await people.add(person(), admin);
  const signedIn = {
    user: ada,
    provider: "local",
    amr: ["pwd"],
    address: "::1",
    userAgent: "x",
    lifetimeMs: 1e6,
  };
  const { secret, session } = await sessions.begin(signedIn);
  const grant = createId("grant");
  await database.query(sql`
    insert into grants (id, user_id, client_id, client_name, scopes, sign_in_id, created_at, expires_at)
    values (${grant}, ${ada.id}, 'c', 'C', '{api}', ${session.id}, now(), now())`);
  await database.query(sql`
    insert into access_tokens (hash, grant_id, client_id, scopes, created_at, expires_at)
    values ('\\x01', ${grant}, 'c', '{api}', now(), now())`);
  await database.query(sql`delete from changes`);
  await people.change(ada.id, { status: "suspended" }, admin);
  expect(await sessions.find(secret)).toBeUndefined();
  expect(await changed()).toEqual([`grants ${grant}`, `users ${ada.id}`]);
  const [left] = await database.query(sql`
    select (select count(*) from grants where ended_at is null) as grants,
           (select count(*) from access_tokens where revoked_at is null) as tokens`);
  expect(left).toEqual({ grants: 0, tokens: 0 });
  await expect(sessions.begin(signedIn)).rejects.toMatchObject({ code: "account_suspended" });
  await people.change(ada.id, { status: "active" }, admin);
  expect(await sessions.find(secret)).toBeUndefined();
});
