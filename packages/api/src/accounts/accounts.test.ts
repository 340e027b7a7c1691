/** Who has signed in at servers, as admins and as people see and end it. */
import { sql } from "@castellan/database";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestApi, startTestUpstream, type TestApi, type TestUpstream } from "../testing.ts";
import { createClient, type Client } from "../testing/client.ts";

let house: TestApi;
let upstream: TestUpstream;
let admin: Client;

beforeAll(async () => {
  house = await createTestApi();
  upstream = await startTestUpstream();
});
beforeEach(async () => {
  await house.database.query(
    sql`truncate tokens, users, groups, portals, linked_accounts, link_requests cascade`,
  );
  await house.database.query(sql`delete from servers`);
  house.errors.length = 0;
  admin = createClient(house.app, await house.createToken({}));
});
afterAll(async () => {
  await upstream[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

const own = { kind: "own_account" } as const;
const addServer = async (slug: string, more: object) => {
  const body = { slug, url: upstream.url, allowPrivate: ["127.0.0.1"], ...more };
  expect(await admin("POST", "/servers", body)).toMatchObject({ status: 201 });
};

async function newPerson(name: string, role: "member" | "admin" = "member") {
  const person = { directory: "workforce", email: `${name}@example.com`, name, role } as const;
  const { id } = await house.people.add(person, { by: "owner" });
  return { id, as: createClient(house.app, (await house.letClientIn(id)).secret) };
}

const openPortal = (slug: string, servers: string[]) =>
  admin("POST", "/portals", { slug, servers, access: [{ who: "everyone", classes: ["read"] }] });

test("an auth is shown with the addresses to register, and its secrets never", async () => {
  const issuer = "https://login.crm.example";
  const auth = { ...own, issuer, client: { id: "us" } };
  await addServer("crm", { auth, authSecrets: { clientSecret: "s3cret-of-us" } });
  const shown = await admin("GET", "/servers/crm");
  expect(shown.body).toMatchObject({
    auth,
    authSecretNames: ["clientSecret"],
    authRefs: {},
    redirectUri: house.credentials.oauth.redirectUri(issuer),
    clientMetadataUrl: house.credentials.oauth.clientMetadataUrl(issuer),
  });
  const changed = await admin("PATCH", "/servers/crm", { authSecrets: { clientSecret: "s3cret-two" } });
  const list = await admin("GET", "/servers");
  const config = await admin("GET", "/config/export");
  expect(changed).toMatchObject({ status: 200, body: { version: 2 } });
  expect(JSON.stringify([shown.body, changed.body, list.body, config.body])).not.toMatch(/s3cret/);
});

test.each<[string, object, string]>([
  ["a kind that there is not", { auth: { kind: "magic" } }, "auth.kind"],
  ["a member of another kind", { auth: { kind: "none", issuer: "https://x.example" } }, "auth.issuer"],
  ["a secret that is missing", { auth: { kind: "bearer" } }, "authSecrets.token"],
  ["a secret of no use", { authSecrets: { token: "t" } }, "authSecrets.token"],
  [
    "a header that the auth sets",
    { auth: { kind: "bearer" }, authSecrets: { token: "t" }, headers: { Authorization: "x" } },
    "headers",
  ],
  ["a client of nobody", { auth: { kind: "own_account", client: { id: "us" } } }, "auth.issuer"],
  [
    "a line break in a secret",
    { auth: { kind: "bearer" }, authSecrets: { token: "s3cret\r\nx" } },
    "authSecrets.token",
  ],
])("%s is refused, and nothing of it is repeated", async (_, more, field) => {
  const body = { slug: "crm", url: upstream.url, allowPrivate: ["127.0.0.1"], ...more };
  const answer = await admin("POST", "/servers", body);
  expect(answer).toMatchObject({ status: 400, body: { code: "invalid_input" } });
  const { problems } = answer.body as { problems: { field: string }[] };
  expect(problems.map((one) => one.field)).toContain(field);
  expect(JSON.stringify(answer.body)).not.toMatch(/s3cret/);
});

test("an issuer at an address that may not be called is refused like such a server", async () => {
  const auth = { kind: "own_account", issuer: "http://10.0.0.1" };
  const body = { slug: "crm", url: upstream.url, allowPrivate: ["127.0.0.1"], auth };
  expect((await admin("POST", "/servers", body)).body).toMatchObject({
    code: "outbound_refused",
    field: "auth.issuer",
  });
});

test("admins see who has signed in, in pages, and what fails; they end it; tokens are shown to nobody", async () => {
  await addServer("crm", { auth: own });
  const [ada, bob] = [await newPerson("ada"), await newPerson("bob")];
  const accounts = [
    await house.linkAccount("crm", { kind: "person", id: ada.id }),
    await house.linkAccount("crm", { kind: "person", id: bob.id }),
    await house.linkAccount("crm", { kind: "shared" }),
  ];
  const page = async (query: string) =>
    (await admin("GET", `/servers/crm/accounts?${query}`)).body as {
      items: { id: string }[];
      nextCursor?: string;
    };
  const first = await page("limit=2");
  const second = await page(`limit=2&cursor=${first.nextCursor}`);
  expect([first.items.length, second.items.length, second.nextCursor]).toEqual([2, 1, undefined]);
  const items = [...first.items, ...second.items];
  expect(items.map(({ id }) => id).toSorted()).toEqual(accounts.map(({ id }) => id).toSorted());
  expect(items.find(({ id }) => id === accounts[0]?.id)).toEqual({
    id: accounts[0]?.id,
    owner: { kind: "person", id: ada.id },
    kind: "oauth",
    issuer: "https://login.example",
    scopes: ["mail:read"],
    wantedScopes: [],
    state: "linked",
    isRenewable: true,
    linkedBy: "Ada",
    linkedFrom: "A client",
    linkedAt: accounts[0]?.linkedAt.toISOString(),
    refreshedAt: accounts[0]?.refreshedAt?.toISOString(),
  });
  expect(JSON.stringify(items)).not.toMatch(/s3cret/);

  expect(await admin("DELETE", `/servers/crm/accounts/${accounts[1]?.id}`)).toMatchObject({ status: 204 });
  expect((await page("")).items).toHaveLength(2);
  expect(await bob.as("GET", "/me/accounts")).toMatchObject({ body: { items: [] } });
  expect(await ada.as("GET", "/me/accounts")).toMatchObject({ body: { items: [{ server: "crm" }] } });
});

test("people see their accounts and what wants one of theirs, and end their own only", async () => {
  await addServer("crm", { auth: own });
  await addServer("mail", { auth: { kind: "own_key" }, title: "Mail" });
  await addServer("open", { auth: { kind: "none" } });
  await addServer("hidden", { auth: own });
  await openPortal("team", ["crm", "mail", "open"]);
  const [ada, bob] = [await newPerson("ada"), await newPerson("bob")];
  const account = await house.linkAccount("crm", { kind: "person", id: ada.id });
  const mine = await ada.as("GET", "/me/accounts");
  expect(mine.body).toMatchObject({
    items: [{ id: account.id, server: "crm", title: "crm", state: "linked" }],
    unlinked: [{ server: "mail", title: "Mail", kind: "key" }],
  });
  expect(JSON.stringify(mine.body)).not.toMatch(/s3cret/);
  expect(await bob.as("DELETE", `/me/accounts/${account.id}`)).toMatchObject({
    status: 404,
    body: { code: "account_not_found" },
  });
  expect(await ada.as("DELETE", `/me/accounts/${account.id}`)).toMatchObject({ status: 204 });
  expect(await ada.as("GET", "/me/accounts")).toMatchObject({
    body: { items: [], unlinked: [{ server: "crm" }, { server: "mail" }] },
  });
});

test("a sign-in is begun for whoever asks, names the client that asked, and the same one is given again", async () => {
  await addServer("crm", { auth: own });
  await openPortal("team", ["crm"]);
  const ada = await newPerson("ada");
  const begun = await ada.as("POST", "/me/accounts", { server: "crm" });
  const { id } = begun.body as { id: string };
  expect([begun.status, begun.body]).toMatchObject([
    201,
    { server: "crm", reason: "not_linked", url: `http://localhost/links/requests/${id}` },
  ]);
  expect(await ada.as("POST", "/me/accounts", { server: "crm" })).toMatchObject({ body: { id } });
  expect(await house.credentials.links.find(id as never)).toMatchObject({
    personId: ada.id,
    owner: { kind: "person", id: ada.id },
    from: { clientId: "https://client.example/id.json", clientName: "A client", portal: undefined },
  });
  await house.linkAccount("crm", { kind: "person", id: ada.id });
  expect(await ada.as("POST", "/me/accounts", { server: "crm" })).toMatchObject({
    body: { reason: "needs_sign_in" },
  });
});

test("a shared sign-in is an admin's to begin, and one that fails is told where servers are shown", async () => {
  await addServer("crm", { auth: { kind: "shared_account" } });
  const [ada, root] = [await newPerson("ada"), await newPerson("root", "admin")];
  expect(await ada.as("POST", "/servers/crm/login")).toMatchObject({
    status: 403,
    body: { code: "permission_required" },
  });
  const begun = await root.as("POST", "/servers/crm/login");
  expect(await house.credentials.links.find((begun.body as { id: string }).id as never)).toMatchObject({
    personId: root.id,
    owner: { kind: "shared" },
  });
  await house.linkAccount("crm", { kind: "shared" });
  await house.database.query(
    sql`update linked_accounts set state = 'needs_sign_in', reason = 'invalid_grant'`,
  );
  const attention = [
    {
      code: "credentials_missing",
      message: "What Ada signed in with does not hold any more (invalid_grant): sign in again",
    },
  ];
  expect((await admin("GET", "/servers?status=needs_attention")).body).toMatchObject({
    items: [{ slug: "crm", state: { status: "needs_attention" } }],
  });
  const { items } = (await admin("GET", "/servers")).body as {
    items: { state: { attention: { code: string }[] } }[];
  };
  expect(items[0]?.state.attention.filter(({ code }) => code !== "definitions_waiting")).toEqual(attention);
});

test("a shared sign-in is begun once more for what the server missed", async () => {
  await addServer("crm", { auth: { kind: "shared_account" } });
  const root = await newPerson("root", "admin");
  await house.linkAccount("crm", { kind: "shared" });
  const plain = await root.as("POST", "/servers/crm/login");
  const wider = await root.as("POST", "/servers/crm/login", { scopes: ["mail:send"] });
  expect([plain.body, wider.body]).toMatchObject([{ reason: "needs_sign_in" }, { reason: "scope" }]);
  const { id } = wider.body as { id: string };
  expect(await house.credentials.links.find(id as never)).toMatchObject({ scopes: ["mail:send"] });
  expect(await root.as("POST", "/servers/crm/login", { scopes: ["a b"] })).toMatchObject({
    status: 400,
    body: { code: "invalid_input" },
  });
});

test("accounts end with their server, and when it is another one", async () => {
  const ada = await newPerson("ada");
  const left = async () =>
    (
      await house.database.query<{ owner: string }>(sql`
      select owner_id as owner from linked_accounts order by 1`)
    ).map(({ owner }) => owner);
  await addServer("crm", { auth: own });
  await house.linkAccount("crm", { kind: "person", id: ada.id });
  await house.linkAccount("crm", { kind: "shared" });
  await admin("PATCH", "/servers/crm", { title: "CRM" });
  expect(await left()).toEqual(["shared", ada.id]);
  await admin("PATCH", "/servers/crm", { auth: { kind: "shared_account" } });
  expect(await left()).toEqual(["shared"]);
  await admin("PATCH", "/servers/crm", { auth: own });
  await house.linkAccount("crm", { kind: "person", id: ada.id });
  await admin("DELETE", "/servers/crm");
  expect(await left()).toEqual([]);
});
