import { sql } from "@castellan/database";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestApi, type TestApi } from "../testing.ts";
import { createClient, type Client } from "../testing/client.ts";

let house: TestApi;
let admin: Client;

beforeAll(async () => {
  house = await createTestApi();
  admin = createClient(house.app, await house.createToken({}));
  await admin("POST", "/portals", { slug: "team" });
});
beforeEach(async () => {
  await house.database.query(sql`delete from oauth_clients`);
});
afterAll(() => house[Symbol.asyncDispose]());

const nightly = {
  name: "Nightly",
  authMethod: "client_secret_basic",
  grantTypes: ["client_credentials"],
  scopes: ["portal:team", "portal:team:read"],
};

interface Made {
  readonly id: string;
  readonly secret?: string;
  readonly version: number;
}

test("a client is registered, shown without its secret, changed, rotated and removed", async () => {
  const made = await admin("POST", "/clients", nightly);
  const { secret, ...client } = made.body as Made;
  expect([made.status, made.headers.get("etag"), client]).toEqual([
    201,
    '"1"',
    {
      ...nightly,
      id: expect.stringMatching(/^cli_/) as string,
      kind: "registered",
      redirectUris: [],
      mayIntrospect: false,
      secrets: [{ createdAt: expect.any(String) as string }],
      version: 1,
      createdAt: expect.any(String) as string,
      createdBy: expect.stringMatching(/^tok_/) as string,
      updatedAt: expect.any(String) as string,
    },
  ]);
  expect(secret).toMatch(/^ccs_/);
  expect(await admin("GET", `/clients/${client.id}`)).toMatchObject({ body: client });
  expect(JSON.stringify((await admin("GET", "/clients")).body)).not.toContain(secret);

  const ifMatch = { "if-match": '"1"' };
  expect(await admin("PATCH", `/clients/${client.id}`, { name: "Nightly run" }, ifMatch)).toMatchObject({
    body: { name: "Nightly run", version: 2 },
  });
  const rotated = await admin("POST", `/clients/${client.id}/rotate`, { overlapSeconds: 60 });
  expect(rotated).toMatchObject({
    status: 200,
    body: {
      version: 3,
      secret: expect.stringMatching(/^ccs_/) as string,
      secrets: [{}, { expiresAt: expect.any(String) as string }],
    },
  });
  expect((rotated.body as Made).secret).not.toBe(secret);
  expect((await admin("DELETE", `/clients/${client.id}`)).status).toBe(204);
  expect(await admin("GET", `/clients/${client.id}`)).toMatchObject({ body: { code: "client_not_found" } });
});

test("clients that described themselves are listed beside, by kind, and end under their own name", async () => {
  const url = "https://client.example/oauth/client.json?v=1";
  const said = {
    name: "Example",
    uri: undefined,
    redirectUris: ["http://127.0.0.1/cb"],
    authMethod: "none",
    grantTypes: ["authorization_code"],
    jwks: undefined,
    jwksUri: undefined,
  } as const;
  await house.clients.keepDocument(url, said, new Date());
  const { client } = await house.clients.register(said);
  const ids = async (query: string) => {
    const { items } = (await admin("GET", `/clients${query}`)).body as { items: Made[] };
    return items.map(({ id }) => id);
  };
  expect(await ids("")).toEqual([client.id, url]);
  expect(await ids("?kind=document")).toEqual([url]);
  expect(await admin("GET", `/clients/${encodeURIComponent(url)}`)).toMatchObject({
    body: { id: url, kind: "document" },
  });
  expect((await admin("DELETE", `/clients/${encodeURIComponent(url)}`)).status).toBe(204);
  expect(await ids("")).toEqual([client.id]);
});

test.each([
  [{ ...nightly, name: " a" }, "name"],
  [{ ...nightly, authMethod: "client_secret_jwt" }, "authMethod"],
  [{ ...nightly, grantTypes: ["implicit"] }, "grantTypes[0]"],
  [{ ...nightly, scopes: ["api"] }, "scopes[0]"],
  [{ ...nightly, scopes: ["everything"] }, "scopes[0]"],
  [{ ...nightly, secret: "mine" }, "secret"],
  [{ ...nightly, redirectUris: ["https://a.example/"] }, "redirectUris"],
  [{ name: "Desk", authMethod: "none", redirectUris: ["javascript:x"] }, "redirectUris[0]"],
  [{ name: "Desk", authMethod: "none" }, "redirectUris"],
  [{ ...nightly, authMethod: "private_key_jwt", jwks: { keys: [{ kty: "oct", k: "x" }] } }, "jwks"],
])("%j is refused, naming %s", async (body, field) => {
  expect(await admin("POST", "/clients", body)).toMatchObject({
    status: 400,
    body: { code: "invalid_input", field },
  });
});

test("an auditor reads and changes nothing", async () => {
  const auditor = createClient(house.app, await house.createToken({ role: "auditor" }));
  expect((await auditor("GET", "/clients")).status).toBe(200);
  expect(await auditor("POST", "/clients", nightly)).toMatchObject({ body: { code: "permission_required" } });
});
