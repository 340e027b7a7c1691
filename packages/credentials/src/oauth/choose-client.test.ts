/** As which client this installation is known where. */
import { createTestDatabase } from "@castellan/database/testing";
import { sql } from "@castellan/database";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { credentialMigrations } from "../migrations.ts";
import { startAuthorizationServer } from "../testing/authorization-server.ts";
import { never, openOAuthScene, publicUrl, serveGuarded, type Told } from "./testing.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
beforeAll(async () => {
  database = await createTestDatabase([credentialMigrations]);
});
afterAll(() => database[Symbol.asyncDispose]());

/** A server that is its own authorization server, and what it is told by those who register. */
async function open(register: () => Told = () => ({ status: 201, body: { client_id: "c" } })) {
  const scene = await openOAuthScene({ database });
  onTestFinished(() => scene[Symbol.asyncDispose]());
  const guarded = await serveGuarded((origin) => ({
    "/.well-known/oauth-authorization-server": {
      issuer: origin,
      authorization_endpoint: `${origin}/a`,
      token_endpoint: `${origin}/t`,
      registration_endpoint: `${origin}/r`,
      code_challenge_methods_supported: ["S256"],
    },
    "/r": register,
  }));
  onTestFinished(() => guarded[Symbol.asyncDispose]());
  const begin = (renewClient = false) =>
    scene.oauth.beginAuthorization(guarded.target(), { scopes: [], renewClient }, never);
  const registrations = () => guarded.asked.filter((each) => each === "POST /r").length;
  return { ...scene, guarded, begin, registrations };
}

test("two who come at once are one client, which stays", async () => {
  const { begin, registrations } = await open();
  const begun = await Promise.all([begin(), begin(), begin()]);
  expect(begun.map(({ flow }) => flow.clientId)).toEqual(["c", "c", "c"]);
  await begin();
  expect(registrations()).toBe(1);
});

test("another replica is the same client", async () => {
  const { begin, registrations, guarded } = await open();
  await begin();
  const other = await openOAuthScene({ database });
  onTestFinished(() => other[Symbol.asyncDispose]());
  // Its vault has another key: a registration that cannot be opened is no reason to be somebody else.
  await expect(other.oauth.beginAuthorization(guarded.target(), { scopes: [] }, never)).rejects.toMatchObject(
    { code: "vault_key_missing" },
  );
  expect(registrations()).toBe(1);
});

test("a registration is renewed where it seems to be forgotten, now and then, and the old one is kept", async () => {
  let count = 0;
  const { begin, clock, guarded } = await open(() => ({
    status: 201,
    body: { client_id: `c${(count += 1)}`, client_secret: "s" },
  }));
  expect((await begin(true)).flow.clientId).toBe("c1");
  expect((await begin(true)).flow.clientId).toBe("c1");
  clock.advance(600_000);
  expect((await begin(true)).flow.clientId).toBe("c2");
  expect((await begin()).flow.clientId).toBe("c2");
  const rows = await database.query<{ client_id: string }>(
    sql`select client_id from upstream_clients where issuer = ${guarded.origin} order by client_id`,
  );
  expect(rows.map((row) => row.client_id)).toEqual(["c1", "c2"]);
});

test("a secret that has ended is not used", async () => {
  let count = 0;
  const { begin, clock } = await open(() => ({
    status: 201,
    body: {
      client_id: `e${(count += 1)}`,
      client_secret: "s",
      client_secret_expires_at: Date.UTC(2026, 0, 2) / 1000,
    },
  }));
  expect((await begin()).flow.clientId).toBe("e1");
  clock.advance(86_400_000);
  expect((await begin()).flow.clientId).toBe("e2");
});

test.each<[string, Told, string]>([
  ["takes nobody", { status: 403, body: { error: "access_denied" } }, "upstream_auth_unsupported"],
  ["does not like us", { status: 400, body: { error: "invalid_redirect_uri" } }, "upstream_auth_unsupported"],
  ["is down", { status: 503 }, "credentials_unavailable"],
  ["has enough", { status: 429 }, "credentials_unavailable"],
  ["answers something else", { status: 201, body: { id: 1 } }, "upstream_auth_unsupported"],
  [
    "wants a proof that we do not have",
    {
      status: 201,
      body: { client_id: "c", client_secret: "s", token_endpoint_auth_method: "tls_client_auth" },
    },
    "upstream_auth_unsupported",
  ],
])("an authorization server that %s", async (_name, told, code) => {
  const { begin } = await open(() => told);
  await expect(begin()).rejects.toMatchObject({ code });
});

test("what an installation says of itself depends on where it is", async () => {
  const at = async (url: string) => {
    const scene = await openOAuthScene({ database, publicUrl: new URL(url) });
    onTestFinished(() => scene[Symbol.asyncDispose]());
    return scene.oauth;
  };
  const issuer = "https://as.example";
  const oauth = await at("https://mcp.example.com");
  const clientId = oauth.clientMetadataUrl(issuer);
  const key = clientId.slice("https://mcp.example.com/links/client/".length, -".json".length);
  expect(oauth.clientMetadata(key)).toEqual({
    client_id: clientId,
    client_name: "Castellan (mcp.example.com)",
    client_uri: "https://mcp.example.com/",
    redirect_uris: [oauth.redirectUri(issuer)],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
    application_type: "web",
  });
  expect(oauth.redirectUri(issuer)).toBe(`https://mcp.example.com/links/callback/${key}`);
  expect(oauth.clientMetadata("../secrets")).toBeUndefined();
});

test("who is on loopback only is no web application, and has no document", async () => {
  let isDocumentRead = false;
  const server = await startAuthorizationServer({
    readClientDocument: async () => {
      isDocumentRead = true;
      return new Response(null, { status: 404 });
    },
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const { oauth, guarded } = await open();
  const target = guarded.target({ kind: "own_account", issuer: server.issuer });
  const { flow } = await oauth.beginAuthorization(target, { scopes: [] }, never);
  expect(flow.redirectUri.startsWith(publicUrl)).toBe(true);
  expect(isDocumentRead).toBe(false);
  expect(server.asked("/reg")).toBe(1);
  expect(server.heard.find((each) => each.includes("application_type"))).toBeDefined();
});
