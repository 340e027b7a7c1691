import { generateKeyPairSync, randomUUID } from "node:crypto";
import { sign, type KeyObject } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestOAuth, firstOf, type TestOAuth } from "./testing.ts";
import { publicUrl } from "./testing-browser.ts";
import { addConfidentialClient, addPublicClient, basicAuth, post } from "./testing-client.ts";

let house: TestOAuth;
let asker: { authorization: string };

beforeAll(async () => {
  house = await createTestOAuth();
  asker = (await addConfidentialClient(house, { mayIntrospect: true })).basic;
});
afterAll(async () => {
  expect(house.errors).toEqual([]);
  await house[Symbol.asyncDispose]();
});

const app = () => firstOf(house.replicas).app;
const form = { grant_type: "client_credentials" };
const wiki = { resource: `${publicUrl}/p/wiki/mcp` };

test("a client gets what an admin gave it, for the portal that it was given for", async () => {
  const client = await addConfidentialClient(house);
  const told = await post(app(), "/token", form, client.basic);
  expect([told.status, told.body]).toEqual([
    200,
    {
      access_token: expect.stringMatching(/^cat_/),
      expires_in: 900,
      scope: "portal:okrs portal:okrs:read goals:write",
      token_type: "Bearer",
    },
  ]);
  const { body } = await post(app(), "/introspect", { token: String(told.body["access_token"]) }, asker);
  expect([body["active"], body["aud"], body["client_id"], body["sub"]]).toEqual([
    true,
    `${publicUrl}/p/okrs/mcp`,
    client.id,
    undefined,
  ]);
});

test.each<[what: string, scopes: string[], more: Record<string, string>, answer: unknown[]]>([
  [
    "less",
    ["portal:okrs", "portal:okrs:read", "goals:write"],
    { scope: "goals:write" },
    [200, "portal:okrs goals:write"],
  ],
  [
    "more",
    ["portal:okrs", "portal:okrs:read"],
    { scope: "portal:okrs:read goals:write" },
    [200, "portal:okrs portal:okrs:read"],
  ],
  [
    "only what it may not",
    ["portal:okrs", "portal:okrs:read"],
    { scope: "goals:write" },
    [200, "portal:okrs portal:okrs:read"],
  ],
  ["one of two portals", ["portal:okrs", "portal:wiki", "files:read"], wiki, [200, "portal:wiki files:read"]],
  [
    "none of two portals: the default",
    ["portal:okrs", "portal:wiki", "files:read"],
    {},
    [200, "portal:okrs files:read"],
  ],
  ["the API", ["api"], {}, [200, "api"]],
  ["a portal that it was not given", ["portal:okrs", "portal:okrs:read"], wiki, [400, undefined]],
  ["the API, which it was not given", ["portal:okrs"], { resource: `${publicUrl}/api/v1` }, [400, undefined]],
  ["what is none of ours", ["portal:okrs"], { resource: "https://elsewhere.example/" }, [400, undefined]],
  ["anything, having been given nothing", [], {}, [400, undefined]],
])("asking for %s", async (_what, scopes, more, answer) => {
  const client = await addConfidentialClient(house, { scopes });
  const told = await post(app(), "/token", { ...form, ...more }, client.basic);
  expect([told.status, told.body["scope"]]).toEqual(answer);
});

test("a wrong secret, none, and another way than its own are refused", async () => {
  const client = await addConfidentialClient(house);
  const told = await Promise.all([
    post(app(), "/token", form, basicAuth(client.id, `${client.secret}x`)),
    post(app(), "/token", form, basicAuth(client.id, client.secret.slice(0, -1))),
    post(app(), "/token", { ...form, client_id: client.id }),
    post(app(), "/token", form, basicAuth("cli_00000000000000000000000000000000", client.secret)),
    post(app(), "/token", { ...form, client_id: await addPublicClient(house) }),
  ]);
  expect(told.map(({ status, body }) => [status, body["error"], body["access_token"]])).toEqual([
    [401, "invalid_client", undefined],
    [401, "invalid_client", undefined],
    [401, "invalid_client", undefined],
    [401, "invalid_client", undefined],
    [400, "invalid_request", undefined],
  ]);
  expect(told[0]?.headers.get("www-authenticate")).toMatch(/^Basic /);
});

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const jwks = { keys: [{ ...publicKey.export({ format: "jwk" }), alg: "ES256", use: "sig", kid: "1" }] };
const other = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

test.each<[what: string, claims: object, key: KeyObject, header: object, status: number]>([
  ["the issuer as audience", {}, privateKey, {}, 200],
  ["the token endpoint as audience", { aud: `${publicUrl}/oauth/token` }, privateKey, {}, 200],
  ["another audience", { aud: "https://elsewhere.example/oauth" }, privateKey, {}, 401],
  ["another key", {}, other, {}, 401],
  ["another issuer", { iss: "cli_00000000000000000000000000000000" }, privateKey, {}, 401],
  ["no id", { jti: undefined }, privateKey, {}, 401],
  ["no end", { exp: undefined }, privateKey, {}, 401],
  ["an end that is past", { exp: 1_000_000_000 }, privateKey, {}, 401],
  ["an end that is far", { exp: 9_000_000_000 }, privateKey, {}, 401],
  ["no signature", {}, privateKey, { alg: "none" }, 401],
  ["a signature by a shared secret", {}, privateKey, { alg: "HS256" }, 401],
])("an assertion with %s", async (_what, claims, key, header, status) => {
  const { id } = await addConfidentialClient(house, { authMethod: "private_key_jwt", jwks });
  const told = await post(app(), "/token", {
    ...form,
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: assertion(id, claims, key, header),
  });
  expect([told.status, "access_token" in told.body]).toEqual([status, status === 200]);
});

function assertion(clientId: string, claims: object, key: KeyObject, header: object): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const standard = {
    iss: clientId,
    sub: clientId,
    aud: `${publicUrl}/oauth`,
    jti: randomUUID(),
    iat: now,
    exp: now + 60,
  };
  const text = `${part({ alg: "ES256", kid: "1", ...header })}.${part({ ...standard, ...claims })}`;
  return `${text}.${sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
}
