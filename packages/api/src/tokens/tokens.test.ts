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
  await house.database.query(sql`delete from servers`);
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
    scopes: ["portal:team", "portal:team:read"],
    version: 1,
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
  [{ ...token, role: "root" }, 400, { field: "role" }],
  [{ ...token, role: "owner" }, 403, { code: "permission_required" }],
  [{ ...token, allow: ["all"] }, 400, { field: "allow[0]" }],
  [{ name: "new", role: "member", scopes: [], allow: ["read"] }, 400, { field: "allow" }],
  [{ name: "new", role: "member" }, 400, { field: "scopes" }],
  [{ ...token, scopes: ["portal:a:all"] }, 400, { field: "scopes[0]" }],
  [{ ...token, scopes: ["api"] }, 400, { field: "scopes[0]" }],
  [{ ...token, scopes: ["okrs:read"] }, 400, { field: "scopes" }],
  [{ ...token, scopes: ["portal:nowhere:read"] }, 404, { code: "portal_not_found", field: "scopes[0]" }],
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

test("a token is changed, shown with its version, and rotated with both secrets good", async () => {
  await admin("POST", "/portals", { slug: "team" });
  const made = (await admin("POST", "/tokens", { ...token, portals: ["team"], allow: ["read", "write"] }))
    .body as Made & object;
  expect(made).toMatchObject({ scopes: ["portal:team", "portal:team:read", "portal:team:write"] });
  const changed = await admin(
    "PATCH",
    `/tokens/${made.id}`,
    { name: "renamed", scopes: ["portal:team:destructive"], expiresAt: "2999-01-01T00:00:00Z" },
    { "if-match": '"1"' },
  );
  const { secret, ...before } = made;
  const after = {
    ...before,
    name: "renamed",
    scopes: ["portal:team", "portal:team:destructive"],
    expiresAt: "2999-01-01T00:00:00.000Z",
    version: 2,
  };
  expect([changed.status, changed.headers.get("etag"), changed.body]).toEqual([200, '"2"', after]);

  const rotated = await admin("POST", `/tokens/${made.id}/rotate`, { overlapSeconds: 60 });
  expect(rotated.body).toEqual({
    ...after,
    secret: expect.stringMatching(/^cst_/) as string,
    previousUntil: expect.any(String) as string,
  });
  const me = async (one: string) => (await createClient(house.app, one)("GET", "/me")).body;
  const known = { kind: "service", id: made.id, name: "renamed", role: "member", permissions: ["use"] };
  for (const one of [secret, (rotated.body as Made).secret]) expect(await me(one)).toMatchObject(known);
  const cut = (await admin("POST", `/tokens/${made.id}/rotate`, { overlapSeconds: 0 })).body as Made;
  expect([await me(secret), await me((rotated.body as Made).secret), await me(cut.secret)]).toMatchObject([
    { code: "token_invalid" },
    { code: "token_invalid" },
    known,
  ]);
  expect(await admin("POST", `/tokens/${made.id}/rotate`, { overlapSeconds: 604_801 })).toMatchObject({
    status: 400,
    body: { field: "overlapSeconds" },
  });
});

test("rotated twice with one Idempotency-Key it is rotated once, and the secret is told again", async () => {
  const { id } = (await admin("POST", "/tokens", token)).body as Made;
  const headers = { "idempotency-key": '"once"' };
  const [first, again] = [
    await admin("POST", `/tokens/${id}/rotate`, undefined, headers),
    await admin("POST", `/tokens/${id}/rotate`, undefined, headers),
  ];
  expect([first.status, again.body]).toEqual([200, first.body]);
});

test("what was given for a portal or a server ends with it: a later one of its name is another one", async () => {
  const server = { slug: "okrs", url: "https://okrs.example.com/mcp" };
  await admin("POST", "/servers", server);
  await admin("POST", "/portals", { slug: "team", servers: ["okrs"] });
  await admin("POST", "/portals", { slug: "other", servers: ["okrs"] });
  const { id, secret } = (
    await admin("POST", "/tokens", {
      ...token,
      portals: ["other"],
      scopes: ["portal:team:read", "okrs:write"],
    })
  ).body as Made;
  const me = createClient(house.app, secret);
  const reached = async () => (await me("GET", "/me")).body as { scopes: string[]; portals: object[] };
  const all = [{ slug: "okrs", classes: ["read", "write"] }];
  expect((await reached()).portals).toEqual([
    { slug: "other", title: "other", servers: all },
    { slug: "team", title: "team", servers: all },
  ]);
  await admin("DELETE", "/portals/team");
  await admin("DELETE", "/servers/okrs");
  await admin("POST", "/servers", server);
  await admin("POST", "/portals", { slug: "team", servers: ["okrs"] });
  await admin("PUT", "/portals/other/servers/okrs");
  expect(await reached()).toMatchObject({
    scopes: ["portal:other", "portal:other:read"],
    portals: [{ slug: "other", servers: [{ slug: "okrs", classes: ["read"] }] }],
  });
  expect((await admin("GET", `/tokens/${id}`)).body).toMatchObject({
    scopes: ["portal:other", "portal:other:read"],
  });
});

test("a token that is made while its portal goes, is not made, or loses it", async () => {
  for (let n = 0; n < 10; n++) {
    const slug = `fleeting-${n}`;
    await admin("POST", "/portals", { slug });
    const [made] = await Promise.all([
      admin("POST", "/tokens", { name: slug, role: "member", portals: [slug] }),
      admin("DELETE", `/portals/${slug}`),
    ]);
    const { id, code } = made.body as { id?: string; code?: string };
    if (made.status !== 201) expect(code).toBe("portal_not_found");
    else expect((await admin("GET", `/tokens/${id}`)).body).toMatchObject({ scopes: [] });
  }
});
