/** Tokens without a person at hand, from real authorization servers. */
import { sql } from "@castellan/database";
import { exportJWK, exportPKCS8, generateKeyPair, SignJWT } from "jose";
import { createTestDatabase } from "@castellan/database/testing";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { jwtBearer, tokenExchange } from "../testing/assertion-grants.ts";
import { startAuthorizationServer } from "../testing/authorization-server.ts";
import type { AuthorizationServerOptions } from "../testing/authorization-server-settings.ts";
import { credentialMigrations } from "../migrations.ts";
import type { HeldGrant } from "./oauth.ts";
import { never, openOAuthScene, serveGuarded } from "./testing.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
beforeAll(async () => {
  database = await createTestDatabase([credentialMigrations]);
});
afterAll(() => database[Symbol.asyncDispose]());

async function open(options: AuthorizationServerOptions = {}) {
  const server = await startAuthorizationServer(options);
  onTestFinished(() => server[Symbol.asyncDispose]());
  const scene = await openOAuthScene({ database });
  onTestFinished(() => scene[Symbol.asyncDispose]());
  const guarded = await serveGuarded((origin) => ({
    "/.well-known/oauth-protected-resource/mcp": {
      resource: `${origin}/mcp`,
      authorization_servers: [server.issuer],
      scopes_supported: ["read"],
    },
  }));
  onTestFinished(() => guarded[Symbol.asyncDispose]());
  const { oauth } = scene;
  const target = guarded.target();
  const signIn = async (): Promise<HeldGrant> => {
    const { url, flow } = await oauth.beginAuthorization(target, { scopes: [] }, never);
    const back = await server.signIn(url, "ada");
    const { tokens, issuer, clientId, resource } = await oauth.finishAuthorization(target, flow, back, never);
    return { issuer, clientId, resource, ...tokens };
  };
  return { ...scene, server, guarded, target, signIn };
}

test.each(["rotating", "steady"] as const)("%s refresh tokens", async (refreshTokens) => {
  const { oauth, server, target, signIn } = await open({ refreshTokens });
  const held = await signIn();
  const outcome = await oauth.refresh(target, held, never);
  if (outcome.kind !== "granted") throw new Error(outcome.message);
  const { accessToken, refreshToken } = outcome.tokens;
  expect(await server.factsOf(accessToken)).toMatchObject({ user: "ada", audience: target.url });
  expect(refreshToken === held.refreshToken).toBe(refreshTokens === "steady");
  expect(await oauth.refresh(target, { ...held, refreshToken }, never)).toMatchObject({ kind: "granted" });
});

test("what its server ended is over", async () => {
  const { oauth, server, target, signIn } = await open();
  const held = await signIn();
  server.forgetGrants();
  expect(await oauth.refresh(target, held, never)).toMatchObject({ kind: "refused", error: "invalid_grant" });
  expect(await oauth.refresh(target, { ...held, refreshToken: undefined }, never)).toMatchObject({
    kind: "refused",
  });
});

test("a registration that its server forgot is forgotten here, and made anew by the next sign-in", async () => {
  const { oauth, server, target, signIn } = await open();
  const held = await signIn();
  server.forgetClients();
  expect(await oauth.refresh(target, held, never)).toMatchObject({
    kind: "client_refused",
    error: "invalid_client",
    client: "registered",
  });
  expect(await database.query(sql`select id from upstream_clients where issuer = ${server.issuer}`)).toEqual(
    [],
  );
  const asked = server.asked("/token");
  expect(await oauth.refresh(target, held, never)).toMatchObject({ kind: "client_refused" });
  expect(server.asked("/token")).toBe(asked);
  expect((await signIn()).clientId).not.toBe(held.clientId);
});

test.each<[string, number, Record<string, string>, string, number | undefined]>([
  ["is down", 503, { "retry-after": "3" }, "", 3000],
  ["has enough", 429, {}, '{"error":"invalid_grant"}', undefined],
  ["is broken, and says what it does not mean", 500, {}, '{"error":"invalid_grant"}', undefined],
  ["answers with a page", 200, {}, "<h1>Welcome</h1>", undefined],
  ["is behind something that blocks", 403, {}, "<h1>No</h1>", undefined],
  ["says so", 400, {}, '{"error":"temporarily_unavailable"}', undefined],
  ["does not understand", 400, {}, '{"error":"invalid_request"}', undefined],
  ["sends no token", 200, {}, '{"token_type":"bearer"}', undefined],
  ["sends what cannot be sent on", 200, {}, '{"access_token":"a b","token_type":"bearer"}', undefined],
  ["sends to somewhere else", 302, { location: "http://127.0.0.1:1/" }, "", undefined],
])("a token endpoint that %s may do better later", async (_name, status, headers, body, retryAfterMs) => {
  const { oauth, server, target, signIn } = await open();
  const held = await signIn();
  server.instead.set("/token", (_request, response) => {
    response.writeHead(status, headers).end(body);
  });
  expect(await oauth.refresh(target, held, never)).toMatchObject({ kind: "failed", retryAfterMs });
  server.instead.delete("/token");
  expect(await oauth.refresh(target, held, never)).toMatchObject({ kind: "granted" });
});

test("an authorization server that is gone may come back", async () => {
  const { oauth, server, target, signIn, clock } = await open();
  const held = await signIn();
  await server[Symbol.asyncDispose]();
  const failed = { kind: "failed", code: "credentials_unavailable" };
  expect(await oauth.refresh(target, held, never)).toMatchObject(failed);
  // Its metadata are too old to be used now.
  clock.advance(7_200_000);
  expect(await oauth.refresh(target, held, never)).toMatchObject(failed);
});

test("a refresh asks its authorization server and nobody else", async () => {
  const { oauth, guarded, target, signIn } = await open();
  const held = await signIn();
  const before = guarded.asked.length;
  await oauth.refresh(target, held, never);
  expect(guarded.asked.length).toBe(before);
});

test("no message holds a token", async () => {
  const { oauth, server, target, signIn } = await open();
  const held = await signIn();
  server.instead.set("/token", (_request, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ access_token: "secret-1", token_type: "mac", refresh_token: 7 }));
  });
  const outcome = await oauth.refresh(target, held, never);
  expect(outcome.kind).toBe("failed");
  for (const secret of ["secret-1", held.accessToken, String(held.refreshToken)])
    expect(JSON.stringify(outcome)).not.toContain(secret);
});

test("what is revoked is good for nothing any more", async () => {
  const { oauth, server, target, signIn } = await open();
  const held = await signIn();
  expect(await oauth.revoke(target, held, never)).toBe("revoked");
  expect(await server.factsOf(held.accessToken)).toBeUndefined();
  expect(await oauth.refresh(target, held, never)).toMatchObject({ kind: "refused" });
  // RFC 7009 §2.2: what is not known there is revoked.
  expect(await oauth.revoke(target, held, never)).toBe("revoked");
});

test("what cannot be revoked now, and what never", async () => {
  const { oauth, server, target, signIn } = await open();
  const held = await signIn();
  server.instead.set("/token/revocation", (_request, response) => {
    response.writeHead(503).end();
  });
  expect(await oauth.revoke(target, held, never)).toBe("failed");
  server.instead.delete("/token/revocation");
  server.forgetClients();
  expect(await oauth.revoke(target, held, never)).toBe("impossible");
});

test("this installation gets tokens of its own, by a secret or a key", async () => {
  const { oauth, server, guarded } = await open();
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  server.register({ id: "by-secret", secret: "s", grantTypes: ["client_credentials"] });
  server.register({
    id: "by-key",
    authMethod: "private_key_jwt",
    keys: [{ ...(await exportJWK(publicKey)), alg: "ES256", use: "sig" }],
    grantTypes: ["client_credentials"],
  });
  const { issuer } = server;
  const kind = "client_credentials";
  const bySecret = guarded.target({ kind, issuer, client: { id: "by-secret" } }, { clientSecret: "s" });
  const pem = await exportPKCS8(privateKey);
  const byKey = guarded.target({ kind, issuer, client: { id: "by-key" } }, { privateKey: pem });
  for (const [clientId, target] of [
    ["by-secret", bySecret],
    ["by-key", byKey],
  ] as const) {
    const outcome = await oauth.clientCredentials(target, never);
    if (outcome.kind !== "granted") throw new Error(outcome.message);
    expect(await server.factsOf(outcome.tokens.accessToken)).toEqual({
      user: undefined,
      clientId,
      scopes: ["read"],
      audience: target.url,
    });
  }
  const wrong = guarded.target({ kind, issuer, client: { id: "by-secret" } }, { clientSecret: "x" });
  const refused = { kind: "client_refused", client: "given" };
  expect(await oauth.clientCredentials(wrong, never)).toMatchObject(refused);
  const unreadable = guarded.target({ kind, issuer, client: { id: "by-key" } }, { privateKey: "x" });
  expect(await oauth.clientCredentials(unreadable, never)).toMatchObject(refused);
});

test("a token of somebody else's is exchanged, or is the grant itself; who is not trusted gets nothing", async () => {
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  const keys = await serveGuarded(() => ({}));
  onTestFinished(() => keys[Symbol.asyncDispose]());
  Object.assign(keys.answers, { "/jwks": { keys: [{ ...(await exportJWK(publicKey)), alg: "ES256" }] } });
  const trusts = { issuer: "https://ours.example", jwksUri: `${keys.origin}/jwks`, userOf: () => "ada" };
  const { oauth, server, guarded } = await open({ trusts });
  const grantTypes = [tokenExchange, jwtBearer] as const;
  server.register({ id: "by-secret", secret: "s", grantTypes });
  const { issuer } = server;
  const settings = { issuer, client: { id: "by-secret" } };
  const target = guarded.target({ kind: "token_exchange", ...settings }, { clientSecret: "s" });
  const sign = (typ: string, iss = trusts.issuer) =>
    new SignJWT({ jti: typ, client_id: "by-secret" })
      .setProtectedHeader({ alg: "ES256", typ })
      .setIssuer(iss)
      .setSubject("usr_1")
      .setAudience(issuer)
      .setExpirationTime("1m")
      .sign(privateKey);
  const subjectTokenType = "urn:ietf:params:oauth:token-type:jwt";
  const exchange = async (iss?: string) =>
    oauth.tokenExchange(target, { subjectToken: await sign("JWT", iss), subjectTokenType }, never);
  const present = async (iss?: string) => oauth.jwtBearer(target, await sign("oauth-id-jag+jwt", iss), never);
  expect(await oauth.grantor(target, never)).toEqual({
    issuer,
    tokenEndpoint: `${issuer}/token`,
    clientId: "by-secret",
    resource: target.url,
    scopes: ["read"],
  });
  for (const ask of [exchange, present]) {
    const outcome = await ask();
    if (outcome.kind !== "granted") throw new Error(outcome.message);
    expect(await server.factsOf(outcome.tokens.accessToken)).toMatchObject({
      user: "ada",
      clientId: "by-secret",
      audience: target.url,
    });
    expect(await ask("https://else.example")).toMatchObject({ kind: "refused", error: "invalid_grant" });
  }
});
