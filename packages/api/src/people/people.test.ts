import { sql } from "@castellan/database";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestApi, type TestApi } from "../testing.ts";
import { createClient, type Client } from "../testing/client.ts";

let house: TestApi;
let admin: Client;

beforeAll(async () => {
  house = await createTestApi();
});
beforeEach(async () => {
  await house.database.query(sql`truncate tokens, users, groups, portals cascade`);
  admin = createClient(house.app, await house.createToken({}));
});
afterAll(() => house[Symbol.asyncDispose]());

const ada = { email: "Ada@Example.com", name: "Ada" };
const made = async (path: string, body: object) => (await admin("POST", path, body)).body as { id: string };

test("a person is added, listed, changed by version, and removed", async () => {
  await admin("POST", "/groups", { name: "Ops", description: "Who runs it" });
  const added = await admin("POST", "/users", { ...ada, role: "developer", groups: ["Ops"] });
  const shown = {
    id: expect.stringMatching(/^usr_/) as string,
    directory: "workforce",
    email: "ada@example.com",
    name: "Ada",
    role: "developer",
    status: "active",
    groups: ["Ops"],
    version: 1,
    createdAt: expect.any(String) as string,
    updatedAt: expect.any(String) as string,
  };
  expect([added.status, added.headers.get("etag"), added.body]).toEqual([201, '"1"', shown]);
  const { id } = added.body as { id: string };
  expect((await admin("GET", "/users?group=Ops&q=EXAMPLE")).body).toEqual({ items: [shown] });
  expect((await admin("GET", "/users?role=auditor")).body).toEqual({ items: [] });

  const change = { role: "auditor", groups: [] };
  const changed = await admin("PATCH", `/users/${id}`, change, { "if-match": '"1"' });
  expect([changed.headers.get("etag"), changed.body]).toMatchObject(['"2"', { ...change, version: 2 }]);
  expect(await admin("DELETE", `/users/${id}`, undefined, { "if-match": '"1"' })).toMatchObject({
    status: 412,
  });
  expect(await admin("DELETE", `/users/${id}`, undefined, { "if-match": '"2"' })).toMatchObject({
    status: 204,
  });
  expect(await admin("GET", `/users/${id}`)).toMatchObject({ status: 404, body: { code: "user_not_found" } });
});

test("one address asked for twenty times at once is one person", async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => admin("POST", "/users", ada)));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([
    201,
    ...Array.from({ length: 19 }, () => 409),
  ]);
});

test.each([
  [{ ...ada, email: "ada" }, "email"],
  [{ ...ada, name: "A\nB" }, "name"],
  [{ ...ada, role: "root" }, "role"],
  [{ ...ada, directory: "customers", role: "admin" }, "role"],
  [{ ...ada, status: "suspended" }, "status"],
  [{ name: "Ada" }, "email"],
])("%j is refused", async (body, field) => {
  const owner = createClient(house.app, await house.createToken({ role: "owner" }));
  expect(await owner("POST", "/users", body)).toMatchObject({ status: 400, body: { field } });
});

test("a change of nothing is refused", async () => {
  const { id } = await made("/users", ada);
  expect(await admin("PATCH", `/users/${id}`, {})).toMatchObject({ status: 400 });
});

test("a group's members come and go, and rules of portals follow its name", async () => {
  const group = await made("/groups", { name: "Ops" });
  const { id } = await made("/users", ada);
  await admin("POST", "/portals", { slug: "team", access: [{ who: "group:Ops", classes: ["read"] }] });
  const put = () => admin("PUT", `/groups/${group.id}/members/${id}`);
  const membership = { status: 200, body: { group: group.id, user: id } };
  expect([await put(), await put()]).toMatchObject([membership, membership]);
  expect((await admin("GET", `/groups/${group.id}`)).body).toMatchObject({ members: 1 });
  await admin("PATCH", `/groups/${group.id}`, { name: "Operations" });
  const access = async () => ((await admin("GET", "/portals/team")).body as { access: object[] }).access;
  expect(await access()).toEqual([{ who: "group:Operations", classes: ["read"] }]);
  expect((await admin("GET", "/users?group=Operations")).body).toMatchObject({ items: [{ id }] });
  expect(await admin("DELETE", `/groups/${group.id}/members/${id}`)).toMatchObject({ status: 204 });
  expect((await admin("GET", `/groups/${group.id}`)).body).toMatchObject({ members: 0, version: 2 });
  expect(await admin("DELETE", `/groups/${group.id}`, undefined, { "if-match": '"1"' })).toMatchObject({
    status: 412,
  });
  expect(await admin("DELETE", `/groups/${group.id}`)).toMatchObject({ status: 204 });
  expect(await access()).toEqual([]);
  expect((await admin("GET", "/groups")).body).toEqual({ items: [] });
});

test("the last owner, taken away by twenty at once, stays", async () => {
  const owner = createClient(house.app, await house.createToken({ role: "owner" }));
  const { id } = (await owner("POST", "/users", { ...ada, role: "owner" })).body as { id: string };
  const tries = Array.from({ length: 20 }, (_, n) =>
    n % 2 === 0 ? owner("PATCH", `/users/${id}`, { role: "admin" }) : owner("DELETE", `/users/${id}`),
  );
  for (const answer of await Promise.all(tries))
    expect(answer).toMatchObject({ status: 409, body: { code: "last_owner" } });
});
