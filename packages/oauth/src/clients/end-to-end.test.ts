/** Clients of every kind at the authorization server as an installation runs it. */
import { generateKeyPairSync, randomUUID, sign, type KeyObject } from "node:crypto";
import { hashSecret, type User } from "@castellan/access";
import { sql } from "@castellan/database";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestOAuth, firstOf, type TestOAuth } from "../provider/testing.ts";
import { authorizePath, createPkce, publicUrl } from "../provider/testing-browser.ts";
import {
  addConfidentialClient,
  basicAuth,
  codeForm,
  isActive,
  obtainCode,
  post,
  refreshForm,
  tokensOf,
} from "../provider/testing-client.ts";
import { aDocument, describes, documentUrl, serveDocuments, type DocumentServer } from "./testing.ts";

let served: DocumentServer;
let house: TestOAuth;
let user: User;
let asker: { authorization: string };

beforeAll(async () => {
  served = await serveDocuments();
  house = await createTestOAuth({ outbound: served.outbound });
  user = await house.addPerson("ada@example.com");
  asker = (await addConfidentialClient(house, { mayIntrospect: true })).basic;
});
beforeEach(() => {
  served.answer = describes(aDocument, { "cache-control": "max-age=300" });
  served.asked.length = 0;
});
afterAll(async () => {
  expect(house.errors).toEqual([]);
  await house[Symbol.asyncDispose]();
  await served[Symbol.asyncDispose]();
});

const app = () => firstOf(house.replicas).app;
const store = () => firstOf(house.replicas).oauth.clients.store;
const loopback = "http://127.0.0.1:33418/callback";

async function register(metadata: object): Promise<{ client_id: string; client_secret?: string }> {
  const answer = await app().request(`${publicUrl}/oauth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(metadata),
  });
  expect(answer.status).toBe(201);
  return (await answer.json()) as { client_id: string };
}

/** What a person in a browser gets for an authorization request. */
async function ask(clientId: string, more: Record<string, string | undefined> = {}) {
  const browser = await house.browserOf(user);
  const answer = await browser.send(app(), authorizePath(clientId, createPkce(), more));
  return { status: answer.status, location: answer.headers.get("location"), text: await answer.text() };
}

test("a client that registered itself works, on whichever port it listens this time", async () => {
  const { client_id: clientId } = await register({
    client_name: "Editor",
    redirect_uris: ["http://127.0.0.1/callback"],
  });
  const code = await obtainCode(house, { user, clientId }, { redirect_uri: loopback });
  const told = await post(app(), "/token", codeForm(code, { redirect_uri: loopback }));
  expect([told.status, told.body["scope"]]).toEqual([200, "portal:okrs portal:okrs:read"]);
  const again = await post(app(), "/token", refreshForm(tokensOf(clientId, told)));
  expect(again.status).toBe(200);
  await expect.poll(async () => (await store().get(clientId)).lastUsedAt).toBeInstanceOf(Date);
});

test.each(["client_secret_basic", "client_secret_post"] as const)(
  "one that asked for a secret has to show it (%s)",
  async (method) => {
    const { client_id: clientId, client_secret: secret = "" } = await register({
      redirect_uris: ["https://a.example/cb"],
      token_endpoint_auth_method: method,
    });
    const more = { redirect_uri: "https://a.example/cb" };
    const form = codeForm(await obtainCode(house, { user, clientId }, more), more);
    const hash = hashSecret(secret);
    for (const wrong of [`${secret}x`, hash, ` ${hash}`, secret.toUpperCase()])
      expect((await post(app(), "/token", { ...form, client_secret: wrong })).body["error"]).toBe(
        "invalid_client",
      );
    expect((await post(app(), "/token", form)).body["error"]).toBe("invalid_client");
    const told =
      method === "client_secret_post"
        ? await post(app(), "/token", { ...form, client_secret: secret })
        : await post(app(), "/token", form, basicAuth(clientId, secret));
    expect(told.status).toBe(200);
  },
);

test("while a secret is rotated both are good, then the new one", async () => {
  const { id, secret } = await addConfidentialClient(house);
  const rotated = await store().rotateSecret(id, 60_000);
  const statuses = async () => {
    const tries = [secret, rotated.secret ?? ""].map((one) =>
      post(app(), "/token", { grant_type: "client_credentials" }, basicAuth(id, one)),
    );
    return (await Promise.all(tries)).map(({ status }) => status);
  };
  expect(await statuses()).toEqual([200, 200]);
  house.clock.advance(60_000);
  expect(await statuses()).toEqual([401, 200]);
});

test("a client that a document describes works, and is asked for once", async () => {
  const more = { redirect_uri: loopback.replace("/callback", "/cb") };
  const code = await obtainCode(house, { user, clientId: documentUrl }, more);
  const told = await post(app(), "/token", codeForm(code, more));
  expect([told.status, served.asked]).toEqual([200, ["/oauth/client.json"]]);
  const other = { redirect_uri: "https://client.example/other" };
  expect(await ask(documentUrl, other)).toMatchObject({ status: 400, location: null });
});

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const jwks = { keys: [{ ...publicKey.export({ format: "jwk" }), kid: "1" }] };
const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

function assertion(clientId: string, key: KeyObject): Record<string, string> {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: `${publicUrl}/oauth`,
    jti: randomUUID(),
    exp: now + 60,
  };
  const text = `${part({ alg: "ES256", kid: "1" })}.${part(claims)}`;
  const signature = sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" });
  return {
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: `${text}.${signature.toString("base64url")}`,
  };
}

test.each([
  ["in it", { jwks }],
  ["at an address in it", { jwks_uri: "https://client.example/keys.json" }],
])("one whose document has keys %s has to sign", async (_, keys) => {
  const url = `https://client.example/${randomUUID()}.json`;
  served.answer = (request, response) => {
    const document = { ...aDocument, ...keys, client_id: url, token_endpoint_auth_method: "private_key_jwt" };
    describes(request.url === "/keys.json" ? jwks : document)(request, response);
  };
  const more = { redirect_uri: "https://client.example/cb" };
  const form = codeForm(await obtainCode(house, { user, clientId: url }, more), more);
  expect((await post(app(), "/token", form)).body["error"]).toBe("invalid_client");
  expect((await post(app(), "/token", { ...form, ...assertion(url, stranger) })).body["error"]).toBe(
    "invalid_client",
  );
  expect((await post(app(), "/token", { ...form, ...assertion(url, privateKey) })).status).toBe(200);
});

test("keys inside our network are not fetched", async () => {
  const url = `https://client.example/${randomUUID()}.json`;
  served.answer = describes({
    ...aDocument,
    client_id: url,
    token_endpoint_auth_method: "private_key_jwt",
    jwks_uri: "https://127.0.0.1/keys.json",
  });
  const more = { redirect_uri: "https://client.example/cb" };
  const form = codeForm(await obtainCode(house, { user, clientId: url }, more), more);
  const told = await post(app(), "/token", { ...form, ...assertion(url, privateKey) });
  expect([told.status, told.body["error"]]).toEqual([401, "invalid_client"]);
});

test("a client whose server is away for the moment is not told that it is none", async () => {
  const url = `https://client.example/${randomUUID()}.json`;
  served.answer = (_request, response) => response.writeHead(503).end();
  const told = await post(app(), "/token", {
    grant_type: "refresh_token",
    client_id: url,
    refresh_token: "crt_x",
  });
  expect([told.status, told.body["error"]]).toEqual([503, "temporarily_unavailable"]);
  expect(await ask(url)).toMatchObject({ status: 503, location: null });
});

test("a document that cannot be used is told to the person, and nobody is sent anywhere", async () => {
  const url = `https://client.example/${randomUUID()}.json`;
  served.answer = describes({ ...aDocument, client_id: url, client_secret: "x" });
  expect(await ask(url)).toMatchObject({ status: 400, location: null });
});

test.each([
  "cli_00000000000000000000000000000000",
  "http://client.example/oauth/client.json",
  "https://client.example",
  "https://127.0.0.1/client.json",
  "nobody",
])("%s is no client, and nobody is sent anywhere", async (clientId) => {
  const { status, location } = await ask(clientId);
  expect([status >= 400, location]).toEqual([true, null]);
  expect(served.asked).toEqual([]);
});

test.each([
  "https://a.example/cb/",
  "https://a.example/cb?x=1",
  "https://a.example/cb#x",
  "https://a.example/CB",
  "https://A.example/cb",
  "https://a.example:443/cb",
  "https://a.example./cb",
  "https://a.example/x/../cb",
  "https://a.example/x/%2e%2e/cb",
  "https://a.example/cb%2f..%2f..",
  "https://user@a.example/cb",
  "https://a.example@evil.example/cb",
  "https://evil.example/cb?https://a.example/cb",
  "https://a.example.evil.example/cb",
  String.raw`https://a.example\@evil.example/cb`,
  String.raw`https:\\a.example\cb`,
  "//a.example/cb",
  "/cb",
  "http://a.example/cb",
  "https://а.example/cb",
  "https://a。example/cb",
  " https://a.example/cb",
  "https://a.example/cb\n",
  "http://127.0.0.1:80@evil.example/callback",
  "http://127.0.0.1.evil.example:80/callback",
  "http://127.0.0.1:80/callback/../evil",
  "http://127.0.0.1:80/Callback",
  "http://127.0.0.1:x/callback",
  String.raw`http://127.0.0.1\@evil.example:80/callback`,
  "http://localhost:80/callback",
  "http://[::1]:80/callback",
  "https://127.0.0.1:80/callback",
  "http://2130706433/callback",
  "app://other/cb",
  "APP://cb/x",
  "app:/cb/x",
  "javascript:alert(1)",
  "https://*/cb",
])("no code is sent to %j", async (redirect_uri) => {
  registered ??= register({
    redirect_uris: ["https://a.example/cb", "http://127.0.0.1/callback", "app://cb/x"],
  });
  const { status, location } = await ask((await registered).client_id, { redirect_uri });
  expect([status, location]).toEqual([400, null]);
});

let registered: Promise<{ client_id: string }> | undefined;

test("a client that is removed is none at once, with all that people gave it", async () => {
  const { client_id: clientId } = await register({ redirect_uris: [loopback] });
  const more = { redirect_uri: loopback };
  const code = await obtainCode(house, { user, clientId }, more);
  const tokens = tokensOf(clientId, await post(app(), "/token", codeForm(code, more)));
  expect(await isActive(house, tokens.access, asker)).toBe(true);
  await store().remove(clientId);
  expect(await isActive(house, tokens.access, asker)).toBe(false);
  expect((await post(app(), "/token", refreshForm(tokens))).body["error"]).toBe("invalid_client");
  expect(await ask(clientId)).toMatchObject({ status: 400, location: null });
});

test.each([
  ["is removed", (id: string) => store().remove(id)],
  ["may do less", (id: string) => store().change(id, { scopes: ["portal:okrs"] })],
])("no token appears behind the back of a client that %s", async (_, end) => {
  const { id, basic } = await addConfidentialClient(house);
  const asking = Array.from({ length: 20 }, () =>
    post(app(), "/token", { grant_type: "client_credentials" }, basic),
  );
  await Promise.race(asking);
  await end(id);
  const tokens = (await Promise.all(asking)).map(({ body }) => String(body["access_token"]));
  const rows = await house.database.query<{ hash: Buffer }>(
    sql`select hash from access_tokens where client_id = ${id} and revoked_at is null and cardinality(scopes) > 1`,
  );
  expect([tokens.some((token) => token.startsWith("cat_")), rows]).toEqual([true, []]);
});

test("a client with a document that was removed may come again, and its old tokens stay ended", async () => {
  const more = { redirect_uri: "https://client.example/cb" };
  const first = await obtainCode(house, { user, clientId: documentUrl }, more);
  const tokens = tokensOf(documentUrl, await post(app(), "/token", codeForm(first, more)));
  await store().remove(documentUrl);
  expect((await post(app(), "/token", refreshForm(tokens))).body["error"]).toBe("invalid_grant");
  expect(await isActive(house, tokens.access, asker)).toBe(false);
  const second = await obtainCode(house, { user, clientId: documentUrl }, more);
  expect((await post(app(), "/token", codeForm(second, more))).status).toBe(200);
});
