/** Who may do what, told apart from the table: by method and path, as somebody who attacks it would go through it. */
import type { Role } from "@castellan/access";
import { sql } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { routes } from "./routes.ts";
import { createTestApi, type TestApi } from "./testing.ts";
import { createClient, type Client } from "./testing/client.ts";

let house: TestApi;

beforeAll(async () => {
  house = await createTestApi();
});
beforeEach(async () => {
  await house.database.query(sql`truncate tokens, users, groups cascade`);
});
afterAll(() => house[Symbol.asyncDispose]());

let made = 0;
const newPerson = (role: Role) =>
  house.people.add(
    { directory: "workforce", email: `p${++made}@example.com`, name: `P ${role}`, role },
    { by: "owner" },
  );
const asPerson = async (id: Id<"user">) => createClient(house.app, (await house.letClientIn(id)).secret);
const asProgram = async (role: Role) => createClient(house.app, await house.createToken({ role }));

/** What is one's own is everybody's to read and end, and what waits for one's decision, everybody's to decide. */
const isOwn = (path: string) => /^\/(me|approvals)(\/|$)/.test(path);
/** A question that is too long for a URL. */
const asking = ["/config/plan", "/policy/explain", "/policy/simulate"];
/** What everybody who is known may know. */
const open = ["/catalog", "/config/schema"];

const changing = routes.filter(
  ({ method, path }) => method !== "GET" && !asking.includes(path) && !isOwn(path),
);
const reading = routes.filter((route) => !changing.includes(route) && !isOwn(route.path));
const refused = { status: 403, body: { code: "permission_required" } };
const fill = (path: string) => path.replaceAll(/\{\w+\}/g, "x");

test("the table was gone through: each operation changes, reads, or is about oneself", () => {
  expect([changing.length > 25, reading.length > 15]).toEqual([true, true]);
  expect(asking.every((path) => routes.some((route) => route.path === path))).toBe(true);
  expect(open.every((path) => routes.some((route) => route.path === path))).toBe(true);
});

test.each(["auditor", "developer", "member"] as const)(
  "of what changes something, nothing is a %s's",
  async (role) => {
    const { id } = await newPerson(role);
    for (const client of [await asPerson(id), await asProgram(role)])
      for (const { method, path } of changing)
        expect([method, path, await client(method, fill(path))]).toMatchObject([method, path, refused]);
  },
);

test("of what is read, nothing but what is open to all is a member's", async () => {
  const { id } = await newPerson("member");
  for (const client of [await asPerson(id), await asProgram("member")])
    for (const { method, path } of reading.filter((route) => !open.includes(route.path)))
      expect([method, path, await client(method, fill(path))]).toMatchObject([method, path, refused]);
});

test("an auditor reads everything; a developer servers, portals and their definitions", async () => {
  const readers = async (role: Role) => {
    const client = await asProgram(role);
    const heard: string[] = [];
    for (const { method, path } of reading)
      if ((await client(method, fill(path))).status !== 403) heard.push(path);
    return heard;
  };
  expect(await readers("auditor")).toEqual(reading.map(({ path }) => path));
  expect(await readers("developer")).toEqual([
    "/servers",
    "/servers/{slug}",
    "/servers/{slug}/definitions",
    "/catalog",
    "/portals",
    "/portals/{slug}",
    "/portals/{slug}/tools",
    "/config/schema",
  ]);
});

test("an admin becomes no owner, and makes none, by any way", async () => {
  const owner = await newPerson("owner");
  const self = await newPerson("admin");
  const friend = await newPerson("member");
  await house.createToken({ name: "root", role: "owner" });
  const [root] = await house.database.query<{ id: string }>(sql`select id from tokens where name = 'root'`);
  const person = { email: "new@example.com", name: "New" };
  const tries: readonly (readonly [string, string, object?])[] = [
    ["PATCH", `/users/${self.id}`, { role: "owner" }],
    ["PATCH", `/users/${self.id}`, { name: "Me" }],
    ["PATCH", `/users/${friend.id}`, { role: "owner" }],
    ["PATCH", `/users/${friend.id}`, { role: "admin" }],
    ["POST", "/users", { ...person, role: "owner" }],
    ["POST", "/users", { ...person, role: "admin" }],
    // Whoever has the owner's address is the owner at the next sign-in.
    ["PATCH", `/users/${owner.id}`, { email: "mine@example.com" }],
    ["PATCH", `/users/${owner.id}`, { role: "member" }],
    ["PATCH", `/users/${owner.id}`, { status: "suspended" }],
    ["DELETE", `/users/${owner.id}`],
    ["POST", "/tokens", { name: "mine", role: "owner", portals: [] }],
    // Whoever has the link is that person.
    ["POST", `/users/${owner.id}/invitations`, {}],
    ["POST", `/users/${self.id}/invitations`, {}],
    ["DELETE", `/users/${owner.id}/invitations`],
    // The secret of somebody else's token that can do more.
    ["POST", `/tokens/${root!.id}/rotate`],
    ["PATCH", `/tokens/${root!.id}`, { name: "mine" }],
  ];
  const before = await people();
  for (const client of [await asPerson(self.id), await asProgram("admin")])
    for (const [method, path, body] of tries)
      expect([method, path, await client(method, path, body)]).toMatchObject([method, path, refused]);
  expect(await people()).toEqual(before);
  const groups = await asPerson(self.id);
  const group = (await groups("POST", "/groups", { name: "owners" })).body as { id: string };
  expect(await groups("PUT", `/groups/${group.id}/members/${self.id}`)).toMatchObject({ status: 200 });
  expect((await groups("GET", "/me")).body).toMatchObject({ role: "admin", groups: ["owners"] });
});

test("fields that would say it are no fields", async () => {
  const { id } = await newPerson("member");
  const admin = await asProgram("admin");
  for (const body of [{ id: "usr_x" }, { directory: "customers" }, { version: 9 }, { permissions: ["own"] }])
    expect(await admin("PATCH", `/users/${id}`, body)).toMatchObject({
      status: 400,
      body: { code: "invalid_input" },
    });
  const me = await asPerson(id);
  expect((await me("PATCH", "/me", { role: "owner" })).status).toBe(405);
});

test("whoever is suspended or removed is out at once, with every client that they let in", async () => {
  const admin = await asProgram("admin");
  const [ada, bob] = [await newPerson("developer"), await newPerson("developer")];
  const [first, second, other] = [await asPerson(ada.id), await asPerson(ada.id), await asPerson(bob.id)];
  expect([await first("GET", "/servers"), await second("GET", "/me")]).toMatchObject([
    { status: 200 },
    { status: 200 },
  ]);
  expect(await admin("PATCH", `/users/${ada.id}`, { status: "suspended" })).toMatchObject({ status: 200 });
  const out = { status: 401, body: { code: "token_invalid" } };
  expect([await first("GET", "/servers"), await second("GET", "/me")]).toMatchObject([out, out]);
  expect(await other("GET", "/me")).toMatchObject({ status: 200 });
  expect(await admin("DELETE", `/users/${bob.id}`)).toMatchObject({ status: 204 });
  expect(await other("GET", "/me")).toMatchObject(out);
  // Made active again, they let their clients in anew.
  await admin("PATCH", `/users/${ada.id}`, { status: "active" });
  expect(await first("GET", "/me")).toMatchObject(out);
});

test("a role that was taken away is gone with the next request", async () => {
  const { id } = await newPerson("admin");
  const client: Client = await asPerson(id);
  expect(await client("GET", "/tokens")).toMatchObject({ status: 200 });
  const owner = await asProgram("owner");
  await owner("PATCH", `/users/${id}`, { role: "member" });
  expect(await client("GET", "/tokens")).toMatchObject(refused);
  expect(await client("GET", "/me")).toMatchObject({
    status: 200,
    body: { role: "member", permissions: ["use"] },
  });
});

test("a client that was let in to a portal, or for something else, is nobody here", async () => {
  const { id } = await newPerson("owner");
  for (const given of [{ portal: "main", scopes: ["portal:main", "api"] }, { scopes: ["portal:main"] }]) {
    const { secret } = await house.letClientIn(id, given);
    expect(await createClient(house.app, secret)("GET", "/me")).toMatchObject({
      status: 401,
      body: { code: "token_invalid" },
    });
  }
});

async function people() {
  return house.database.query(sql`select id, role, status, email, name from users order by id`);
}
