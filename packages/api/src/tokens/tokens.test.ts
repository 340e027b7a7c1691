import { hash } from "node:crypto";
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
  await house.database.query(sql`truncate tokens cascade`);
  await house.database.query(sql`delete from portals`);
  admin = createClient(house.app, await house.createToken({ name: "root" }));
});
afterAll(() => house[Symbol.asyncDispose]());

interface Made {
  readonly id: string;
  readonly secret: string;
}

test("a token is made, works at once, is listed without its secret, and is revoked at once", async () => {
  await admin("POST", "/portals", { slug: "team" });
  const made = await admin("POST", "/tokens", {
    name: "nightly run",
    role: "admin",
    portals: ["team"],
    expiresAt: "2999-01-01T00:00:00+01:00",
  });
  const { secret, ...token } = made.body as Made;
  expect(made.status).toBe(201);
  expect(secret).toMatch(/^cst_/);
  expect(token).toEqual({
    id: expect.stringMatching(/^tok_/) as string,
    name: "nightly run",
    role: "admin",
    portals: ["team"],
    createdAt: expect.any(String) as string,
    createdBy: expect.stringMatching(/^tok_/) as string,
    expiresAt: "2998-12-31T23:00:00.000Z",
  });
  const nightly = createClient(house.app, secret);
  expect((await nightly("GET", "/status")).status).toBe(200);

  const list = JSON.stringify((await admin("GET", "/tokens")).body);
  expect(JSON.parse(list)).toMatchObject({ items: [{ name: "nightly run" }, { name: "root" }] });
  expect(list).not.toContain(secret);
  expect(list).not.toContain(hash("sha256", secret, "base64url"));

  expect(await admin("DELETE", `/tokens/${token.id}`)).toMatchObject({ status: 204 });
  expect(await admin("DELETE", `/tokens/${token.id}`)).toMatchObject({ status: 204 });
  expect(await nightly("GET", "/status")).toMatchObject({ status: 401, body: { code: "token_invalid" } });
  expect(await admin("GET", "/tokens")).toMatchObject({ body: { items: [{ name: "root" }] } });
  expect(await admin("GET", "/tokens?revoked=true")).toMatchObject({
    body: { items: [{ name: "nightly run", revokedAt: expect.any(String) as string }, { name: "root" }] },
  });
});

test("tokens come in pages, newest first, each once", async () => {
  for (const name of ["a", "b", "c"]) await admin("POST", "/tokens", { name, role: "member", portals: [] });
  const names: string[] = [];
  let cursor: string | undefined = "";
  while (cursor !== undefined) {
    const { body } = await admin("GET", `/tokens?limit=2${cursor && `&cursor=${cursor}`}`);
    const page = body as { items: { name: string }[]; nextCursor?: string };
    names.push(...page.items.map(({ name }) => name));
    cursor = page.nextCursor;
  }
  expect(names).toEqual(["c", "b", "a", "root"]);
});

const token = { name: "new", role: "member", portals: [] };

test.each([
  [{ ...token, portals: ["nowhere"] }, 404, { code: "portal_not_found", field: "portals[0]" }],
  [{ ...token, name: "root" }, 409, { code: "token_name_taken", field: "name" }],
  [{ ...token, expiresAt: "2001-01-01T00:00:00Z" }, 400, { field: "expiresAt" }],
  [{ ...token, expiresAt: "tomorrow" }, 400, { field: "expiresAt" }],
  [{ ...token, expiresAt: "2999-01-01T00:00:00" }, 400, { field: "expiresAt" }],
  [{ ...token, role: "owner" }, 400, { detail: "role must be one of admin, member" }],
  [{ ...token, name: "a\u0000b" }, 400, { field: "name" }],
  [{ ...token, name: " a" }, 400, { field: "name" }],
  [{ ...token, secret: "mine" }, 400, { field: "secret" }],
])("%j is refused with %i %j", async (body, status, problem) => {
  expect(await admin("POST", "/tokens", body)).toMatchObject({ status, body: problem });
});

test("an id that is none, or nobody's", async () => {
  expect(await admin("DELETE", "/tokens/root")).toMatchObject({ status: 400, body: { field: "id" } });
  expect(await admin("DELETE", `/tokens/tok_${"0".repeat(32)}`)).toMatchObject({
    status: 404,
    body: { code: "token_not_found" },
  });
});
