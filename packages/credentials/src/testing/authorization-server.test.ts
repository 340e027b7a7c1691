import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from "jose";
import { calculatePKCECodeChallenge, generateRandomCodeVerifier } from "oauth4webapi";
import { expect, test } from "vitest";
import { startAuthorizationServer, type AuthorizationServer } from "./authorization-server.ts";

const redirectUri = "http://127.0.0.1:9/links/callback/abc";
const resource = "https://server.example/mcp";

async function registered(server: AuthorizationServer): Promise<string> {
  const answer = await fetch(`${server.issuer}/reg`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      client_name: "Castellan",
      application_type: "native",
      redirect_uris: [redirectUri],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    }),
  });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { client_id: string }).client_id;
}

async function signedIn(server: AuthorizationServer, clientId: string, more: Record<string, string> = {}) {
  const verifier = generateRandomCodeVerifier();
  const url = new URL(`${server.issuer}/auth`);
  url.search = new URLSearchParams({
    client_id: clientId,
    response_type: "code",
    redirect_uri: redirectUri,
    scope: "read write",
    state: "s",
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    ...more,
  }).toString();
  return { back: await server.signIn(url, "ada"), verifier };
}

interface Tokens {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly scope?: string;
  readonly error?: string;
}

async function token(
  server: AuthorizationServer,
  form: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Tokens> {
  const answer = await fetch(`${server.issuer}/token`, {
    method: "POST",
    headers,
    body: new URLSearchParams(form),
  });
  return (await answer.json()) as Tokens;
}

async function tokens(server: AuthorizationServer, clientId: string, more: Record<string, string> = {}) {
  const { back, verifier } = await signedIn(server, clientId, more);
  return token(server, {
    grant_type: "authorization_code",
    client_id: clientId,
    redirect_uri: redirectUri,
    code: back.searchParams.get("code") ?? "",
    code_verifier: verifier,
  });
}

const refresh = (server: AuthorizationServer, clientId: string, value: string) =>
  token(server, { grant_type: "refresh_token", client_id: clientId, refresh_token: value });

test("a client registers itself, somebody signs in, and their token is known to be theirs", async () => {
  await using server = await startAuthorizationServer();
  const clientId = await registered(server);
  const got = await tokens(server, clientId, { resource });
  const facts = { user: "ada", clientId, scopes: ["read", "write"], audience: resource };
  expect(await server.factsOf(got.access_token)).toEqual(facts);
  const next = await refresh(server, clientId, got.refresh_token ?? "");
  expect(await server.factsOf(next.access_token)).toEqual(facts);
  expect([server.grants("authorization_code"), server.grants("refresh_token")]).toEqual([1, 1]);
  for (const each of [got.access_token, got.refresh_token, next.refresh_token])
    expect(server.given.has(each ?? "")).toBe(true);

  // The first one was good once.
  expect((await refresh(server, clientId, got.refresh_token ?? "")).error).toBe("invalid_grant");
  expect(await server.factsOf(next.access_token)).toBeUndefined();
});

test("steady refresh tokens stay; others are for offline_access only, or for nobody", async () => {
  const given = { steady: true, offline: false, none: false };
  for (const [refreshTokens, isGiven] of Object.entries(given)) {
    await using server = await startAuthorizationServer({ refreshTokens: refreshTokens as "steady" });
    const clientId = await registered(server);
    const { refresh_token: value } = await tokens(server, clientId, { resource });
    expect([refreshTokens, value !== undefined]).toEqual([refreshTokens, isGiven]);
    if (value !== undefined) expect((await refresh(server, clientId, value)).refresh_token).toBe(value);
    const offline = { resource, scope: "read offline_access", prompt: "consent" };
    if (refreshTokens === "offline")
      expect((await tokens(server, clientId, offline)).refresh_token).toBeTypeOf("string");
  }
});

test("a client that was registered by hand shows its secret in its own way", async () => {
  await using server = await startAuthorizationServer({ hasRegistration: false });
  const grantTypes = ["client_credentials"] as const;
  server.register({ id: "basic", secret: "geheim", grantTypes });
  server.register({ id: "post", secret: "geheim", authMethod: "client_secret_post", grantTypes });
  const asked = { grant_type: "client_credentials", scope: "read", resource };
  const basic = { authorization: `Basic ${btoa("basic:geheim")}` };
  const { access_token: first } = await token(server, asked, basic);
  const { access_token: second } = await token(server, {
    ...asked,
    client_id: "post",
    client_secret: "geheim",
  });
  const facts = { user: undefined, scopes: ["read"], audience: resource };
  expect(await server.factsOf(first)).toEqual({ ...facts, clientId: "basic" });
  expect(await server.factsOf(second)).toEqual({ ...facts, clientId: "post" });
  expect(server.exchanges.map(({ authMethod }) => authMethod)).toEqual(["basic", "post"]);
  server.forgetClients();
  expect((await token(server, asked, basic)).error).toBe("invalid_client");
  expect((await fetch(`${server.issuer}/reg`, { method: "POST" })).status).toBe(404);
});

test("a client is described by a document", async () => {
  const clientId = "https://castellan.example/links/client/abc.json";
  await using server = await startAuthorizationServer({
    hasRegistration: false,
    readClientDocument: async (url) =>
      Response.json({
        client_id: url,
        redirect_uris: [redirectUri],
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        application_type: "native",
        token_endpoint_auth_method: "none",
      }),
  });
  const said = await fetch(`${server.issuer}/.well-known/oauth-authorization-server`);
  expect(await said.json()).toMatchObject({ client_id_metadata_document_supported: true });
  const got = await tokens(server, clientId, { resource });
  expect(await server.factsOf(got.access_token)).toMatchObject({ user: "ada", clientId });
});

test("iss is sent, or not, or is another's", async () => {
  const kinds = [
    ["sent", (issuer: string) => issuer, true],
    ["absent", () => null, undefined],
    [{ wrong: "https://evil.example" }, () => "https://evil.example", true],
  ] as const;
  for (const [iss, expected, isPromised] of kinds) {
    await using server = await startAuthorizationServer({ iss });
    const { back } = await signedIn(server, await registered(server));
    expect(back.searchParams.get("iss")).toBe(expected(server.issuer));
    expect(back.href.startsWith(redirectUri)).toBe(true);
    const said = await fetch(`${server.issuer}/.well-known/openid-configuration`);
    expect(
      ((await said.json()) as Record<string, unknown>)["authorization_response_iss_parameter_supported"],
    ).toBe(isPromised);
  }
});

test("resource is refused, or required, or its token is for nothing in particular", async () => {
  const error = async (server: AuthorizationServer, more: Record<string, string>) =>
    (await signedIn(server, await registered(server), more)).back.searchParams.get("error");
  await using refusing = await startAuthorizationServer({ resource: "refused" });
  expect(await error(refusing, { resource })).toBe("invalid_target");
  const plain = await tokens(refusing, await registered(refusing));
  expect(await refusing.factsOf(plain.access_token)).toMatchObject({
    scopes: ["read", "write"],
    audience: undefined,
  });
  await using requiring = await startAuthorizationServer({ resource: "required" });
  expect(await error(requiring, {})).toBe("invalid_target");
  expect(await error(requiring, { resource })).toBeNull();
});

test("what was granted can be narrowed, forgotten and revoked", async () => {
  await using server = await startAuthorizationServer();
  const clientId = await registered(server);
  server.withheld.add("write");
  const first = await tokens(server, clientId, { resource });
  expect(first.scope).toBe("read");
  server.forgetAccessTokens("bob");
  expect(await server.factsOf(first.access_token)).toBeDefined();
  server.forgetAccessTokens("ada");
  expect(await server.factsOf(first.access_token)).toBeUndefined();
  const second = await refresh(server, clientId, first.refresh_token ?? "");
  expect(await server.factsOf(second.access_token)).toBeDefined();
  const form = { token: second.refresh_token ?? "", client_id: clientId };
  await fetch(`${server.issuer}/token/revocation`, { method: "POST", body: new URLSearchParams(form) });
  expect(await server.factsOf(second.access_token)).toBeUndefined();
  const third = await tokens(server, clientId, { resource });
  server.forgetGrants();
  expect((await refresh(server, clientId, third.refresh_token ?? "")).error).toBe("invalid_grant");
});

test("whoever says no is sent back with it", async () => {
  await using server = await startAuthorizationServer();
  const url = new URL(`${server.issuer}/auth`);
  url.search = new URLSearchParams({
    client_id: await registered(server),
    response_type: "code",
    redirect_uri: redirectUri,
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    code_challenge_method: "S256",
  }).toString();
  expect((await server.signIn(url, undefined)).searchParams.get("error")).toBe("access_denied");
});

test("an answer is held after all is done", async () => {
  await using server = await startAuthorizationServer();
  const clientId = await registered(server);
  const first = await tokens(server, clientId, { resource });
  using gate = server.hold("/token", "answer");
  const second = refresh(server, clientId, first.refresh_token ?? "");
  await gate.arrived();
  expect(server.grants("refresh_token")).toBe(1);
  gate.open();
  expect((await second).access_token).toBeTypeOf("string");
  expect([gate.arrivals, server.asked("/token")]).toEqual([1, 2]);
});

test("a token says what life it is told to say", async () => {
  await using server = await startAuthorizationServer();
  const clientId = await registered(server);
  server.saidTtlSeconds = 0;
  expect(await tokens(server, clientId, { resource })).toMatchObject({ expires_in: 0 });
});

test("a JWT of a trusted issuer is worth a token, by exchange and as ID-JAG, and others are not", async () => {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const keys = createServer(async (_, response) => {
    response.end(JSON.stringify({ keys: [await exportJWK(publicKey)] }));
  }).listen(0, "127.0.0.1");
  await once(keys, "listening");
  const issuer = "https://castellan.example/identity";
  await using server = await startAuthorizationServer({
    trusts: {
      issuer,
      jwksUri: `http://127.0.0.1:${(keys.address() as AddressInfo).port}/`,
      userOf: ({ sub }) => (sub === "usr_1" ? "ada" : undefined),
    },
  });
  const exchange = "urn:ietf:params:oauth:grant-type:token-exchange";
  const bearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
  server.register({ id: "castellan", secret: "geheim", grantTypes: [exchange, bearer] });
  const basic = { authorization: `Basic ${btoa("castellan:geheim")}` };
  const sign = (typ: string, claims: JWTPayload) =>
    new SignJWT({
      iss: issuer,
      aud: server.issuer,
      sub: "usr_1",
      jti: "1",
      client_id: "castellan",
      ...claims,
    })
      .setProtectedHeader({ alg: "ES256", typ })
      .setExpirationTime("1m")
      .sign(privateKey);
  const exchanged = async (claims: JWTPayload) =>
    token(
      server,
      {
        grant_type: exchange,
        subject_token: await sign("JWT", claims),
        subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
        resource,
      },
      basic,
    );
  const granted = async (typ: string, claims: JWTPayload) =>
    token(server, { grant_type: bearer, assertion: await sign(typ, claims) }, basic);

  const facts = { user: "ada", clientId: "castellan", audience: resource };
  expect(await server.factsOf((await exchanged({})).access_token)).toMatchObject(facts);
  const jag = await granted("oauth-id-jag+jwt", { resource, scope: "read" });
  expect(await server.factsOf(jag.access_token)).toEqual({ ...facts, scopes: ["read"] });
  expect(server.taken.map(({ sub }) => sub)).toEqual(["usr_1", "usr_1"]);

  const wrong = [
    await exchanged({ aud: resource }),
    await exchanged({ iss: "https://evil.example" }),
    await exchanged({ sub: "usr_2" }),
    await granted("JWT", { resource }),
    await granted("oauth-id-jag+jwt", { resource, client_id: "another" }),
  ];
  expect(wrong.map(({ error }) => error)).toEqual(wrong.map(() => "invalid_grant"));
  keys.close();
});
