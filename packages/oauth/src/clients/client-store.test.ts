import { hashSecret, withdrawPortal, withdrawServer } from "@castellan/access";
import { sql } from "@castellan/database";
import { createId } from "@castellan/kernel";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { RegisteredClientInput } from "./registered-client.ts";
import { sweepClients, unusedClientMs } from "./sweep-clients.ts";
import { createTestClients, type TestClients } from "./testing.ts";

let house: TestClients;
let store: TestClients["clients"]["store"];

beforeAll(async () => {
  house = await createTestClients();
  ({ store } = house.clients);
});
beforeEach(async () => {
  await house.database.query(
    sql`truncate oauth_clients, client_secrets, client_scopes, grants, access_tokens, users cascade`,
  );
});
afterAll(() => house[Symbol.asyncDispose]());

const program: RegisteredClientInput = {
  name: "Nightly",
  redirectUris: [],
  authMethod: "client_secret_basic",
  grantTypes: ["client_credentials"],
  scopes: ["portal:team", "portal:team:read"],
  mayIntrospect: false,
};
const app: RegisteredClientInput = {
  name: "Desk",
  redirectUris: ["https://desk.example/cb"],
  authMethod: "none",
  grantTypes: ["authorization_code", "refresh_token"],
  scopes: [],
  mayIntrospect: false,
};
const stranger = {
  name: "Stranger",
  uri: undefined,
  redirectUris: ["http://localhost/cb"],
  authMethod: "none",
  grantTypes: ["authorization_code"],
  jwks: undefined,
  jwksUri: undefined,
} as const;

const changes = async () => {
  const rows = await house.database.query<{ topic: string; key: string }>(
    sql`select topic, key from changes order by seq`,
  );
  await house.database.query(sql`delete from changes`);
  return rows.map(({ topic, key }) => `${topic} ${key}`);
};

test("what an admin writes down is there, with a secret that is nowhere", async () => {
  const { client, secret } = await store.add(program, "usr_a");
  expect(client).toEqual({
    ...program,
    id: expect.stringMatching(/^cli_/) as string,
    kind: "registered",
    uri: undefined,
    jwks: undefined,
    jwksUri: undefined,
    secrets: [{ hash: hashSecret(secret ?? ""), createdAt: client.createdAt, expiresAt: undefined }],
    version: 1,
    createdAt: new Date(house.clock.now()),
    createdBy: "usr_a",
    updatedAt: client.createdAt,
    lastUsedAt: undefined,
    readAt: undefined,
    freshUntil: undefined,
  });
  expect(secret).toMatch(/^ccs_/);
  expect(await store.get(client.id)).toEqual(client);
  expect((await store.add(app, "usr_a")).secret).toBeUndefined();
});

const keys = { keys: [{ kty: "EC", crv: "P-256", x: "x", y: "y" }] };

test.each([
  [{ ...app, redirectUris: [] }, "redirectUris must name at least one for authorization_code"],
  [{ ...app, redirectUris: ["javascript:x"] }, "redirectUris[0] must not use the scheme javascript:"],
  [
    { ...app, redirectUris: ["https://localhost/cb", "app://x"] },
    "redirectUris must not name https://localhost/cb beside addresses of an app",
  ],
  [{ ...app, grantTypes: [] }, "grantTypes must name at least one (and 1 more)"],
  [{ ...app, scopes: ["a:read"] }, "scopes must be empty without client_credentials"],
  [{ ...app, mayIntrospect: true }, "mayIntrospect must be false for a client that cannot prove who it is"],
  [{ ...program, authMethod: "none" }, "authMethod must not be none for client_credentials"],
  [
    { ...program, redirectUris: ["https://a.example/"] },
    "redirectUris must be empty without authorization_code",
  ],
  [
    { ...program, grantTypes: ["client_credentials", "refresh_token"] },
    "grantTypes must name authorization_code beside refresh_token",
  ],
  [{ ...program, authMethod: "private_key_jwt" }, "jwks or jwksUri must be given, and not both"],
  [
    { ...program, authMethod: "private_key_jwt", jwks: keys, jwksUri: "https://a.example/k" },
    "jwks or jwksUri must be given, and not both",
  ],
  [{ ...program, jwks: keys }, "jwks is for private_key_jwt only"],
] as const)("%j is no whole", async (input, message) => {
  await expect(store.add(input, "usr_a")).rejects.toMatchObject({ code: "invalid_input", message });
});

test("a secret is rotated: the one before is good for as long as was said", async () => {
  const { client, secret: first } = await store.add(program, "usr_a");
  const { client: rotated, secret: second } = await store.rotateSecret(client.id, 60_000);
  expect(rotated).toMatchObject({
    version: 2,
    secrets: [
      { hash: hashSecret(second ?? ""), expiresAt: undefined },
      { hash: hashSecret(first ?? ""), expiresAt: new Date(house.clock.now() + 60_000) },
    ],
  });
  house.clock.advance(60_000);
  expect((await store.get(client.id)).secrets).toHaveLength(1);
  // A third one: of the second there is as much left as the shorter of the two says.
  await store.rotateSecret(client.id, 1000);
  await store.rotateSecret(client.id, 60_000);
  const left = (await store.get(client.id)).secrets.map(({ expiresAt }) => expiresAt);
  expect(left.map((at) => at && at.getTime() - house.clock.now()).toSorted()).toEqual([
    1000,
    60_000,
    undefined,
  ]);
  for (const overlapMs of [1, 2, 3, 4]) await store.rotateSecret(client.id, overlapMs);
  expect((await store.get(client.id)).secrets).toHaveLength(4);
  await store.rotateSecret(client.id, 0);
  expect((await store.get(client.id)).secrets).toHaveLength(1);
});

test.each([
  ["add", "client_has_no_secret"],
  ["register", "client_not_registered"],
] as const)("there is none to rotate of one that was made by %s", async (way, code) => {
  const { client } = way === "add" ? await store.add(app, "usr_a") : await store.register(stranger);
  await expect(store.rotateSecret(client.id, 0)).rejects.toMatchObject({ code });
});

test("of two writers the second is refused, and nothing of what it wanted is done", async () => {
  const { client } = await store.add(app, "usr_a");
  await store.change(client.id, { name: "First" }, 1);
  await expect(store.change(client.id, { name: "Second" }, 1)).rejects.toMatchObject({
    code: "version_stale",
  });
  await expect(store.remove(client.id, 1)).rejects.toMatchObject({ code: "version_stale" });
  expect(await store.get(client.id)).toMatchObject({ name: "First", version: 2 });
});

test("a change that changes nothing leaves the version", async () => {
  const { client } = await store.add(app, "usr_a");
  await changes();
  expect(await store.change(client.id, { name: "Desk", redirectUris: ["https://desk.example/cb"] })).toEqual(
    client,
  );
  expect(await changes()).toEqual([]);
});

test("what makes no whole is not changed to, and strangers are not changed at all", async () => {
  const { client } = await store.add(app, "usr_a");
  await expect(store.change(client.id, { redirectUris: [] })).rejects.toMatchObject({
    code: "invalid_input",
  });
  const { client: other } = await store.register(stranger);
  await expect(store.change(other.id, { name: "Mine" })).rejects.toMatchObject({
    code: "client_not_registered",
  });
  await expect(store.change("cli_0", { name: "Mine" })).rejects.toMatchObject({ code: "client_not_found" });
});

test("one kind of keys takes the place of the other", async () => {
  const { client } = await store.add({ ...program, authMethod: "private_key_jwt", jwks: keys }, "usr_a");
  expect(client.secrets).toEqual([]);
  const changed = await store.change(client.id, { jwksUri: "https://a.example/keys" });
  expect([changed.jwks, changed.jwksUri]).toEqual([undefined, "https://a.example/keys"]);
});

/** A grant of somebody to the client with a token from it, and a token that the client got for itself. */
async function give(clientId: string) {
  const [user, grant] = [createId("user"), createId("grant")];
  const at = new Date(house.clock.now());
  await house.database.query(sql`
    insert into users (id, directory, email, name, role, created_at, updated_at)
    values (${user}, 'workforce', ${`${user}@a.example`}, 'A', 'member', ${at}, ${at})`);
  await house.database.query(sql`
    insert into grants (id, user_id, client_id, client_name, portal, scopes, sign_in_id, created_at, expires_at)
    values (${grant}, ${user}, ${clientId}, 'x', 'team', '{}', 'sgn', ${at}, ${new Date(at.getTime() + 1e9)})`);
  for (const of of [grant, null])
    await house.database.query(sql`
      insert into access_tokens (hash, grant_id, client_id, portal, scopes, created_at, expires_at)
      values (${Buffer.from(`${clientId}${of}`)}, ${of}, ${clientId}, 'team', '{}', ${at},
              ${new Date(at.getTime() + 1e6)})`);
  return grant;
}

async function living() {
  const grants = await house.database.query<{ client_id: string }>(
    sql`select client_id from grants where ended_at is null order by 1`,
  );
  const tokens = await house.database.query<{ client_id: string; own: boolean }>(
    sql`select client_id, grant_id is null as own from access_tokens where revoked_at is null order by 1, 2`,
  );
  return {
    grants: grants.map((row) => row.client_id),
    tokens: tokens.map((row) => `${row.client_id} ${row.own ? "own" : "granted"}`),
  };
}

test("a client that is removed ends with all that it was given, and nobody else does", async () => {
  const { client } = await store.add(program, "usr_a");
  const { client: other } = await store.register(stranger);
  const grant = await give(client.id);
  await give(other.id);
  await changes();
  await store.remove(client.id, 1);
  expect(await living()).toEqual({ grants: [other.id], tokens: [`${other.id} granted`, `${other.id} own`] });
  expect(await store.find(client.id)).toBeUndefined();
  const told = await changes();
  expect(told).toContain(`grants ${grant}`);
  expect(told).toContain(`clients ${client.id}`);
  expect(await house.database.query(sql`select 1 from client_secrets`)).toEqual([]);
});

test.each([
  ["what it may do for itself changes", (id: string) => store.change(id, { scopes: ["portal:team"] })],
  ["its secret leaked", (id: string) => store.rotateSecret(id, 0)],
])("the tokens that a client got for itself end when %s; what people gave stays", async (_, act) => {
  const { client } = await store.add(program, "usr_a");
  await give(client.id);
  await act(client.id);
  expect(await living()).toEqual({ grants: [client.id], tokens: [`${client.id} granted`] });
});

test("what a client may do goes with the portal and the server that it was for", async () => {
  const { client } = await store.add({ ...program, scopes: [...program.scopes, "okrs:write"] }, "usr_a");
  await house.database.transaction((tx) => withdrawServer(tx, "okrs"));
  expect((await store.get(client.id)).scopes).toEqual(["portal:team", "portal:team:read"]);
  await changes();
  await house.database.transaction((tx) => withdrawPortal(tx, "team"));
  expect((await store.get(client.id)).scopes).toEqual([]);
  expect(await changes()).toEqual([`clients ${client.id}`]);
});

test("its tokens outlive what does not touch them", async () => {
  const { client } = await store.add(program, "usr_a");
  await give(client.id);
  await store.change(client.id, { name: "Renamed" });
  await store.rotateSecret(client.id, 1000);
  expect((await living()).tokens).toEqual([`${client.id} granted`, `${client.id} own`]);
});

test("lists come in pages, and are searched", async () => {
  const made = [
    await store.add(app, "usr_a"),
    await store.register(stranger),
    await store.register(stranger),
  ];
  const ids = made.map(({ client }) => client.id);
  const first = await store.page({ limit: 2 });
  expect([first.items.map(({ id }) => id), first.next]).toEqual([ids.slice(0, 2), ids[1]]);
  expect(await store.page({ limit: 2, after: ids[1] })).toMatchObject({ items: [{ id: ids[2] }] });
  const found = async (filter: object) =>
    (await store.page({ limit: 9, ...filter })).items.map(({ name }) => name);
  expect(await found({ kind: "registered" })).toEqual(["Desk"]);
  expect(await found({ q: "DESK.example" })).toEqual(["Desk"]);
  expect(await found({ q: "_" })).toHaveLength(3);
  expect(await found({ q: "%" })).toEqual([]);
});

test("strangers that are not used for 90 days go with what is left of them; registered ones stay", async () => {
  const { client: kept } = await store.add(app, "usr_a");
  const { client: gone } = await store.register(stranger);
  const { client: used } = await store.register(stranger);
  await give(gone.id);
  house.clock.advance(unusedClientMs / 2);
  await store.noteUse(used.id);
  house.clock.advance(unusedClientMs / 2 + 1);
  expect(await sweepClients(house.database, new Date(house.clock.now()))).toBe(1);
  expect((await store.page({ limit: 9 })).items.map(({ id }) => id).toSorted()).toEqual(
    [kept.id, used.id].toSorted(),
  );
  expect(await living()).toEqual({ grants: [], tokens: [] });
  expect(await sweepClients(house.database, new Date(house.clock.now()))).toBe(0);
});

test("of those that never got a token the oldest go when they are too many", async () => {
  const ids: string[] = [];
  for (const _ of [1, 2, 3, 4]) {
    ids.push((await store.register(stranger)).client.id);
    house.clock.advance(1000);
  }
  await store.noteUse(ids[0] ?? "");
  expect(await sweepClients(house.database, new Date(house.clock.now()), { keep: 1 })).toBe(2);
  expect((await store.page({ limit: 9 })).items.map(({ id }) => id)).toEqual([ids[0], ids[3]]);
});
