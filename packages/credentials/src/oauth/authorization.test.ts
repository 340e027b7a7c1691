/** Sign-ins at real authorization servers, of each kind. */
import { createTestDatabase } from "@castellan/database/testing";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startAuthorizationServer } from "../testing/authorization-server.ts";
import type { AuthorizationServerOptions } from "../testing/authorization-server-settings.ts";
import type { UpstreamAuth } from "../auth/upstream-auth.ts";
import { credentialMigrations } from "../migrations.ts";
import { issuerKey } from "./issuer-key.ts";
import type { AuthorizationWish } from "./oauth.ts";
import type { OAuthOptions } from "./create-oauth.ts";
import { never, openOAuthScene, publicUrl, serveGuarded } from "./testing.ts";

interface Options extends AuthorizationServerOptions {
  readonly challenge?: string;
  readonly auth?: UpstreamAuth;
  readonly secrets?: { clientSecret?: string };
  readonly ours?: Partial<OAuthOptions>;
}

let database: Awaited<ReturnType<typeof createTestDatabase>>;
beforeAll(async () => {
  database = await createTestDatabase([credentialMigrations]);
});
afterAll(() => database[Symbol.asyncDispose]());

async function open({ challenge = "", auth, secrets, ours, ...options }: Options = {}) {
  const server = await startAuthorizationServer(options);
  onTestFinished(() => server[Symbol.asyncDispose]());
  const scene = await openOAuthScene({ database, ...ours });
  onTestFinished(() => scene[Symbol.asyncDispose]());
  const guarded = await serveGuarded((origin) => ({
    "/mcp": () => ({ status: 401, headers: { "www-authenticate": `Bearer ${challenge}` } }),
    "/.well-known/oauth-protected-resource/mcp": {
      resource: `${origin}/mcp`,
      authorization_servers: [server.issuer],
      scopes_supported: ["read"],
    },
  }));
  onTestFinished(() => guarded[Symbol.asyncDispose]());
  const target = guarded.target(auth?.kind === "auto" ? undefined : auth, secrets);
  const { oauth } = scene;
  const begin = (wish: AuthorizationWish = { scopes: [] }) => oauth.beginAuthorization(target, wish, never);
  const signIn = async (wish?: AuthorizationWish, user: string | undefined = "ada") => {
    const { url, flow } = await begin(wish);
    const back = await server.signIn(url, user);
    return oauth.finishAuthorization(target, flow, back, never);
  };
  return { ...scene, server, guarded, target, begin, signIn };
}

test("somebody signs in by a registration of our own, for this resource, with what the server asks for", async () => {
  const { oauth, server, target, signIn, clock } = await open();
  expect(await oauth.planAuthorization(target, { scopes: [] }, never)).toEqual({
    issuer: server.issuer,
    authorizationEndpoint: `${server.issuer}/auth`,
    scopes: ["read"],
  });
  expect(server.asked("/reg")).toBe(0);
  const { tokens, clientId, ...rest } = await signIn();
  expect(rest).toEqual({ issuer: server.issuer, resource: target.url, scopes: ["read"] });
  expect(tokens.expiresAtMs).toBe(clock.now() + 3_600_000);
  expect(await server.factsOf(tokens.accessToken)).toEqual({
    user: "ada",
    clientId,
    scopes: ["read"],
    audience: target.url,
  });
  expect(server.exchanges.at(-1)).toMatchObject({
    grantType: "authorization_code",
    resource: target.url,
    authMethod: "basic",
    status: 200,
  });
});

test("everything of an authorization request is there, and nothing of it is used twice", async () => {
  const { server, target, begin } = await open({ refreshTokens: "offline" });
  const [one, other] = [await begin({ scopes: ["write"] }), await begin()];
  const asked = new URL(one.url);
  const {
    state,
    code_challenge: challenge,
    client_id: clientId,
    ...rest
  } = Object.fromEntries(asked.searchParams);
  expect({ origin: asked.origin, rest }).toEqual({
    origin: server.issuer,
    rest: {
      response_type: "code",
      redirect_uri: `${publicUrl}/links/callback/${issuerKey(server.issuer)}`,
      code_challenge_method: "S256",
      scope: "read write offline_access",
      resource: target.url,
      prompt: "consent",
    },
  });
  expect(one.flow).toMatchObject({ state, clientId, expectsIss: true });
  expect(JSON.parse(JSON.stringify(one.flow))).toEqual(one.flow);
  expect(challenge).toMatch(/^[\w-]{43}$/);
  expect(other.flow.clientId).toBe(clientId);
  expect(server.asked("/reg")).toBe(1);
  expect(other.state).not.toBe(state);
  expect(other.flow.codeVerifier).not.toBe(one.flow.codeVerifier);
});

test("the challenge's scopes go before the metadata's, and more is asked for beside them", async () => {
  const { oauth, target } = await open({ challenge: 'scope="write"' });
  const plan = await oauth.planAuthorization(target, { scopes: ["read"] }, never);
  expect(plan.scopes).toEqual(["write", "read"]);
});

test.each([
  ["client_secret_basic", "basic"],
  ["client_secret_post", "post"],
] as const)("a client that an admin registered proves itself by %s", async (authMethod, seen) => {
  const { server, guarded, oauth } = await open({ hasRegistration: false });
  const clientSecret = "a secret: with %41, + and more";
  const redirectUris = [oauth.redirectUri(server.issuer)];
  server.register({ id: "by-hand", secret: clientSecret, authMethod, redirectUris });
  const client = { id: "by-hand", authMethod };
  const target = guarded.target({ kind: "own_account", issuer: server.issuer, client }, { clientSecret });
  const { url, flow } = await oauth.beginAuthorization(target, { scopes: [] }, never);
  const back = await server.signIn(url, "bob");
  const authorized = await oauth.finishAuthorization(target, flow, back, never);
  expect(authorized.clientId).toBe("by-hand");
  expect(server.exchanges.at(-1)).toMatchObject({ authMethod: seen, clientId: "by-hand", status: 200 });
});

test("a client without a secret needs none", async () => {
  const { server, guarded, oauth } = await open({ hasRegistration: false });
  server.register({ id: "public", redirectUris: [oauth.redirectUri(server.issuer)] });
  const target = guarded.target({ kind: "own_account", issuer: server.issuer, client: { id: "public" } });
  const { url, flow } = await oauth.beginAuthorization(target, { scopes: [] }, never);
  await oauth.finishAuthorization(target, flow, await server.signIn(url, "bob"), never);
  expect(server.exchanges.at(-1)).toMatchObject({ authMethod: "none", clientId: "public", status: 200 });
});

test("a secret that is not the right one is the client's failure, not the person's", async () => {
  const { server, guarded, oauth } = await open({ hasRegistration: false });
  const redirectUris = [oauth.redirectUri(server.issuer)];
  server.register({ id: "by-hand", secret: "right", redirectUris });
  const target = guarded.target(
    { kind: "own_account", issuer: server.issuer, client: { id: "by-hand" } },
    { clientSecret: "wrong" },
  );
  const { url, flow } = await oauth.beginAuthorization(target, { scopes: [] }, never);
  const back = await server.signIn(url, "ada");
  await expect(oauth.finishAuthorization(target, flow, back, never)).rejects.toMatchObject({
    code: "upstream_client_refused",
  });
});

test("our document is our name where clients are known by documents", async () => {
  const { server, oauth, signIn } = await open({
    ours: { publicUrl: new URL("https://castellan.example") },
    readClientDocument: async (url) => {
      const [, key = ""] = /client\/(\w+)\.json$/.exec(url) ?? [];
      return Response.json(oauth.clientMetadata(key));
    },
  });
  const { clientId } = await signIn();
  expect(clientId).toBe(`https://castellan.example/links/client/${issuerKey(server.issuer)}.json`);
  expect(server.asked("/reg")).toBe(0);
});

test("without a way to be a client an admin is told what to enter", async () => {
  const { server, oauth, begin } = await open({ hasRegistration: false });
  await expect(begin()).rejects.toMatchObject({
    code: "upstream_auth_unsupported",
    message: expect.stringContaining(oauth.redirectUri(server.issuer)) as string,
  });
});

test.each([
  ["refused", "omit", undefined],
  ["required", "send", "resource"],
] as const)("an authorization server by which `resource` is %s", async (resource, said, expected) => {
  const { signIn, server, target } = await open({ resource, auth: { kind: "own_account", resource: said } });
  const authorized = await signIn();
  expect(authorized.resource).toBe(expected && target.url);
  expect((await server.factsOf(authorized.tokens.accessToken))?.audience).toBe(expected && target.url);
});

test("what was granted counts, not what was asked for", async () => {
  const { signIn, server } = await open({ challenge: 'scope="read write"' });
  server.withheld.add("write");
  expect((await signIn()).scopes).toEqual(["read"]);
});

test("a person who says no there is told so", async () => {
  const { server, target, oauth, begin } = await open();
  const { url, flow } = await begin();
  const back = await server.signIn(url, undefined);
  await expect(oauth.finishAuthorization(target, flow, back, never)).rejects.toMatchObject({
    code: "link_declined",
  });
});

test.each([
  ["sent", true],
  ["absent", true],
  [{ wrong: "https://evil.example" }, false],
] as const)("`iss` %j", async (iss, isGood) => {
  const { signIn, server } = await open({ iss });
  if (isGood) await signIn();
  else await expect(signIn()).rejects.toMatchObject({ code: "upstream_auth_invalid" });
  expect(server.grants("authorization_code")).toBe(isGood ? 1 : 0);
});

test.each<[string, (back: URL) => void]>([
  ["no `iss` where one was promised", (back) => back.searchParams.delete("iss")],
  [
    "an `iss` that is the same but for a slash",
    (back) => back.searchParams.set("iss", `${back.searchParams.get("iss")}/`),
  ],
  ["two `iss`", (back) => back.searchParams.append("iss", String(back.searchParams.get("iss")))],
  ["another `state`", (back) => back.searchParams.set("state", "x")],
  ["no `state`", (back) => back.searchParams.delete("state")],
  [
    "another issuer's address",
    (back) => void (back.pathname = `/links/callback/${issuerKey("https://evil.example")}`),
  ],
  ["another site", (back) => void (back.port = "10")],
  [
    "an error of another issuer's",
    (back) => {
      back.searchParams.set("error", "access_denied");
      back.searchParams.set("iss", "https://evil.example");
    },
  ],
])("nothing is sent anywhere for an answer with %s", async (_name, change) => {
  const { server, target, oauth, begin } = await open();
  const { url, flow } = await begin();
  const back = await server.signIn(url, "ada");
  change(back);
  await expect(oauth.finishAuthorization(target, flow, back, never)).rejects.toMatchObject({
    code: "upstream_auth_invalid",
  });
  expect(server.asked("/token")).toBe(0);
});

test("words of an authorization server are told as what they are", async () => {
  const { target, oauth, begin } = await open();
  const { flow } = await begin();
  const back = new URL(flow.redirectUri);
  const said = {
    error: "server_error",
    error_description: "Be\u202Eware\n<b>",
    iss: flow.issuer,
    state: flow.state,
  };
  back.search = new URLSearchParams(said).toString();
  await expect(oauth.finishAuthorization(target, flow, back, never)).rejects.toMatchObject({
    code: "link_refused",
    message: `${new URL(flow.issuer).host} refused the sign-in (server_error: Be ware <b>)`,
  });
});

test("a code that is not good, and a verifier that is not the one", async () => {
  const { server, target, oauth, begin } = await open();
  const { url, flow } = await begin();
  const back = await server.signIn(url, "ada");
  const stolen = { ...flow, codeVerifier: "x".repeat(43) };
  const finish = (by: typeof flow) => oauth.finishAuthorization(target, by, back, never);
  await expect(finish(stolen)).rejects.toMatchObject({ code: "link_refused" });
  await finish(flow);
  await expect(finish(flow)).rejects.toMatchObject({ code: "link_refused" });
});

test("an authorization server that does not say S256 is not used", async () => {
  const { server, begin } = await open();
  server.metadata = (said) => ({ ...said, code_challenge_methods_supported: ["plain"] });
  await expect(begin()).rejects.toMatchObject({ code: "upstream_auth_unsupported" });
});

test("who goes away waits no longer, and who comes after is served", async () => {
  const { server, target, oauth, begin } = await open();
  const gate = server.hold("/.well-known/oauth-authorization-server");
  const gone = new AbortController();
  const going = oauth.beginAuthorization(target, { scopes: [] }, gone.signal);
  await gate.arrived();
  gone.abort();
  await expect(going).rejects.toMatchObject({ code: "cancelled" });
  gate.open();
  await expect(begin()).resolves.toMatchObject({ flow: { issuer: server.issuer } });
});
