import type { Role } from "@castellan/access";
import { findInvitation } from "@castellan/sign-in";
import { isFault } from "@castellan/kernel";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestApi, type TestApi } from "../testing.ts";
import { createClient } from "../testing/client.ts";

let house: TestApi;

beforeAll(async () => {
  house = await createTestApi();
});
afterAll(() => house[Symbol.asyncDispose]());

let made = 0;
const newPerson = (role: Role) =>
  house.people.add(
    { directory: "workforce", email: `p${++made}@example.com`, name: "P", role },
    { by: "owner" },
  );
const as = async (role: Role) => createClient(house.app, await house.createToken({ role }));

test("a link is made once for all to see it, replaces the one before, and is taken back", async () => {
  const { id } = await newPerson("developer");
  const admin = await as("admin");
  const first = await admin("POST", `/users/${id}/invitations`, {});
  expect(first.body).toEqual({
    id: expect.stringMatching(/^inv_/) as string,
    userId: id,
    url: expect.stringMatching(/^http:\/\/localhost\/welcome\/[\w-]{43}$/) as string,
    createdAt: expect.any(String) as string,
    expiresAt: expect.any(String) as string,
  });
  const living = async ({ body }: { body: unknown }) => {
    const secret = (body as { url: string }).url.split("/").at(-1) ?? "";
    return findInvitation(house.database, secret, Date.now()).then(
      ({ userId }) => userId,
      (error: unknown) => isFault(error, "welcome_link_dead"),
    );
  };
  expect(await living(first)).toBe(id);
  const second = await admin("POST", `/users/${id}/invitations`, { expiresInSeconds: 300 });
  const { createdAt, expiresAt } = second.body as { createdAt: string; expiresAt: string };
  expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBe(300_000);
  expect([await living(first), await living(second)]).toEqual([true, id]);
  expect((await admin("DELETE", `/users/${id}/invitations`)).status).toBe(204);
  expect((await admin("DELETE", `/users/${id}/invitations`)).status).toBe(204);
  expect(await living(second)).toBe(true);
});

test.each([
  ["admin", "owner", 403],
  ["admin", "admin", 403],
  ["admin", "auditor", 201],
  ["owner", "owner", 201],
  ["developer", "member", 403],
] as const)("%s makes a link for a person with the role %s: %i", async (by, of, status) => {
  const { id } = await newPerson(of);
  const client = await as(by);
  const answer = await client("POST", `/users/${id}/invitations`, {});
  expect(answer.status).toBe(status);
  if (status === 403) expect(answer.body).toMatchObject({ code: "permission_required" });
  expect((await client("DELETE", `/users/${id}/invitations`)).status).toBe(status === 201 ? 204 : 403);
});

test.each([
  [{ expiresInSeconds: 299 }],
  [{ expiresInSeconds: 604_801 }],
  [{ expiresInSeconds: "1 day" }],
  [{ userId: "usr_1" }],
])("%j is refused", async (body) => {
  const { id } = await newPerson("member");
  const admin = await as("admin");
  expect(await admin("POST", `/users/${id}/invitations`, body)).toMatchObject({
    status: 400,
    body: { code: "invalid_input" },
  });
});
