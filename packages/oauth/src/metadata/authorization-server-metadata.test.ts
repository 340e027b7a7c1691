import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestOAuth, firstOf, type TestOAuth } from "../provider/testing.ts";
import { publicUrl } from "../provider/testing-browser.ts";

let house: TestOAuth;
beforeAll(async () => {
  house = await createTestOAuth();
});
afterAll(() => house[Symbol.asyncDispose]());

const issuer = "https://mcp.example.com/oauth";
const methods = ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"];
const confidential = ["client_secret_basic", "client_secret_post", "private_key_jwt"];
const algorithms = ["ES256", "ES384", "RS256", "PS256", "EdDSA", "Ed25519"];
const send = (path: string, init: RequestInit = {}) =>
  firstOf(house.replicas).app.request(`${publicUrl}${path}`, init);

const places = [
  "/.well-known/oauth-authorization-server/oauth",
  "/.well-known/openid-configuration/oauth",
  "/oauth/.well-known/openid-configuration",
  "/.well-known/oauth-authorization-server",
  "/.well-known/openid-configuration",
];

test.each(places)("%s says exactly what there is", async (path) => {
  const answer = await send(path);
  expect([answer.status, answer.headers.get("content-type"), await answer.json()]).toEqual([
    200,
    "application/json",
    {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      registration_endpoint: `${issuer}/register`,
      revocation_endpoint: `${issuer}/revoke`,
      introspection_endpoint: `${issuer}/introspect`,
      jwks_uri: `${issuer}/jwks`,
      response_types_supported: ["code"],
      response_modes_supported: ["query"],
      grant_types_supported: ["authorization_code", "refresh_token", "client_credentials"],
      code_challenge_methods_supported: ["S256"],
      token_endpoint_auth_methods_supported: methods,
      token_endpoint_auth_signing_alg_values_supported: algorithms,
      revocation_endpoint_auth_methods_supported: methods,
      revocation_endpoint_auth_signing_alg_values_supported: algorithms,
      introspection_endpoint_auth_methods_supported: confidential,
      introspection_endpoint_auth_signing_alg_values_supported: algorithms,
      authorization_response_iss_parameter_supported: true,
      client_id_metadata_document_supported: true,
      request_parameter_supported: false,
      request_uri_parameter_supported: false,
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["ES256", "RS256"],
    },
  ]);
});

test("what is turned off is not offered", async () => {
  await using closed = await createTestOAuth({ settings: { clientRegistration: "off" } });
  const { app } = firstOf(closed.replicas);
  const told = (await (await app.request(`${publicUrl}${places[0]}`)).json()) as Record<string, unknown>;
  expect([told["registration_endpoint"], told["client_id_metadata_document_supported"]]).toEqual([
    undefined,
    false,
  ]);
});

test("the keys are public halves, and no more", async () => {
  const answer = await send("/oauth/jwks");
  const { keys } = (await answer.json()) as { keys: Record<string, unknown>[] };
  expect([answer.status, keys.map((key) => Object.keys(key).toSorted())]).toEqual([
    200,
    [
      ["alg", "crv", "kid", "kty", "use", "x", "y"],
      ["alg", "e", "kid", "kty", "n", "use"],
    ],
  ]);
});

const origin = "https://inspector.example";
const open: readonly [path: string, method: string][] = [
  ...places.map((path): [string, string] => [path, "GET"]),
  ["/oauth/jwks", "GET"],
  ["/oauth/token", "POST"],
  ["/oauth/revoke", "POST"],
  ["/oauth/register", "POST"],
];

test.each(open)("%s may be called from any page by %s, and without cookies", async (path, method) => {
  const preflight = await send(path, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": method,
      "access-control-request-headers": "content-type",
    },
  });
  const answer = await send(path, { method, headers: { origin } });
  for (const { headers } of [preflight, answer])
    expect([
      headers.get("access-control-allow-origin"),
      headers.get("access-control-allow-credentials"),
      headers.getSetCookie(),
    ]).toEqual(["*", null, []]);
  expect([preflight.status, preflight.headers.get("access-control-allow-methods")]).toEqual([
    204,
    `${method}, OPTIONS`,
  ]);
});

test.each([
  ["/oauth/authorize", "GET"],
  ["/oauth/authorize/x", "GET"],
  ["/oauth/consent/x", "GET"],
  ["/oauth/consent/x", "POST"],
  ["/oauth/consent/x/portal", "POST"],
  ["/oauth/introspect", "POST"],
])("%s may not be called from another page by %s", async (path, method) => {
  for (const init of [
    { method, headers: { origin } },
    { method: "OPTIONS", headers: { origin, "access-control-request-method": method } },
  ]) {
    const answer = await send(path, init);
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([403, null]);
  }
});
