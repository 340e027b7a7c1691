import type { User } from "@castellan/access";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestOAuth, firstOf, type TestOAuth } from "./testing.ts";
import { authorizePath, Browser, consent, createPkce, publicUrl, redirectUri } from "./testing-browser.ts";
import {
  addConfidentialClient,
  addPublicClient,
  codeForm,
  isActive,
  obtainCode,
  post,
  tokensOf,
} from "./testing-client.ts";

let house: TestOAuth;
let user: User;
let clientId: string;
let otherId: string;
let asker: { authorization: string };

beforeAll(async () => {
  house = await createTestOAuth();
  user = await house.addPerson("ada@example.com");
  clientId = await addPublicClient(house);
  otherId = await addPublicClient(house, "Other");
  asker = (await addConfidentialClient(house, { mayIntrospect: true })).basic;
});
afterAll(async () => {
  expect(house.errors).toEqual([]);
  await house[Symbol.asyncDispose]();
});

const app = () => firstOf(house.replicas).app;
const authorize = async (more: Parameters<typeof authorizePath>[2] = {}, browser?: Browser) =>
  (browser ?? (await house.browserOf(user))).follow(app(), authorizePath(clientId, createPkce(), more));
const issuer = `${publicUrl}/oauth`;

test("a code for whoever was let in, and tokens for the code", async () => {
  const pkce = createPkce();
  const back = await consent(app(), await house.browserOf(user), authorizePath(clientId, pkce));
  const code = back.searchParams.get("code") ?? "";
  expect([back.origin + back.pathname, Object.fromEntries(back.searchParams)]).toEqual([
    redirectUri,
    { code: expect.stringMatching(/^[\w-]{43}$/), state: "st", iss: issuer },
  ]);
  const form = codeForm({ clientId, code, verifier: pkce.verifier }, { resource: `${publicUrl}/p/okrs/mcp` });
  const told = await post(app(), "/token", form);
  expect([told.status, told.body, told.headers.get("cache-control")]).toEqual([
    200,
    {
      access_token: expect.stringMatching(/^cat_[\w-]{49}$/),
      refresh_token: expect.stringMatching(/^crt_[\w-]{49}$/),
      expires_in: 900,
      scope: "portal:okrs portal:okrs:read",
      token_type: "Bearer",
    },
    "no-store",
  ]);
});

test("nothing in the database is a token, a code or the id of a request", async () => {
  const got = await obtainCode(house, { user, clientId });
  const { access, refresh } = tokensOf(clientId, await post(app(), "/token", codeForm(got)));
  const [row] = await house.database.query<{ all: string }>({
    text: `select string_agg(t::text, ' ') as all from (
      select to_jsonb(a) as t from access_tokens a union all select to_jsonb(r) from refresh_tokens r
      union all select to_jsonb(o) from oauth_artifacts o union all select to_jsonb(g) from grants g) x`,
    values: [],
  });
  for (const secret of [access, refresh, got.code, got.verifier])
    for (const form of [secret, Buffer.from(secret).toString("hex")]) expect(row?.all).not.toContain(form);
});

test.each<[what: string, more: Record<string, string | undefined>, error: string]>([
  ["another verifier", { code_verifier: createPkce().verifier }, "invalid_grant"],
  ["no verifier", { code_verifier: undefined }, "invalid_grant"],
  ["another redirect URI", { redirect_uri: "http://127.0.0.1:7778/callback" }, "invalid_grant"],
  ["another portal", { resource: `${publicUrl}/p/wiki/mcp` }, "invalid_target"],
  ["the API", { resource: `${publicUrl}/api/v1` }, "invalid_target"],
  ["no resource of ours", { resource: "https://elsewhere.example/mcp" }, "invalid_target"],
])("a code is refused with %s", async (_what, more, error) => {
  const got = await obtainCode(house, { user, clientId });
  const told = await post(app(), "/token", codeForm(got, more));
  expect([told.status, told.body["error"], told.body["access_token"]]).toEqual([400, error, undefined]);
});

test("a code is worth nothing to another client, and stays good for its own", async () => {
  const got = await obtainCode(house, { user, clientId });
  const stolen = await post(app(), "/token", codeForm({ ...got, clientId: otherId }));
  expect([stolen.status, stolen.body["error"]]).toEqual([400, "invalid_grant"]);
  expect((await post(app(), "/token", codeForm(got))).status).toBe(200);
});

test("a code of somebody else, put into a client's answer, fits no verifier of that client", async () => {
  const mine = await obtainCode(house, { user, clientId });
  const theirs = await obtainCode(house, { user: await house.addPerson("eve@example.com"), clientId });
  const told = await post(app(), "/token", codeForm({ ...mine, code: theirs.code }));
  expect([told.status, told.body["error"]]).toEqual([400, "invalid_grant"]);
});

test("a code that is used again ends all that came of it", async () => {
  const got = await obtainCode(house, { user, clientId });
  const tokens = tokensOf(clientId, await post(app(), "/token", codeForm(got)));
  expect(await isActive(house, tokens.access, asker)).toBe(true);
  const again = await post(app(), "/token", codeForm(got));
  expect([again.status, again.body["error"]]).toEqual([400, "invalid_grant"]);
  expect(await isActive(house, tokens.access, asker)).toBe(false);
  const refresh = { grant_type: "refresh_token", client_id: clientId, refresh_token: tokens.refresh };
  expect((await post(app(), "/token", refresh)).body["error"]).toBe("invalid_grant");
});

test("whoever has a used code and not its verifier ends nothing", async () => {
  const got = await obtainCode(house, { user, clientId });
  const tokens = tokensOf(clientId, await post(app(), "/token", codeForm(got)));
  await post(app(), "/token", codeForm({ ...got, verifier: createPkce().verifier }));
  expect(await isActive(house, tokens.access, asker)).toBe(true);
});

test.each<[what: string, more: Record<string, string | string[] | undefined>, error: string]>([
  ["without PKCE", { code_challenge: undefined, code_challenge_method: undefined }, "invalid_request"],
  ["with plain PKCE", { code_challenge_method: "plain" }, "invalid_request"],
  ["without a method", { code_challenge_method: undefined }, "invalid_request"],
  ["for a token", { response_type: "token" }, "unsupported_response_type"],
  ["for an ID token", { response_type: "code id_token" }, "unsupported_response_type"],
  ["into the fragment", { response_mode: "fragment" }, "unsupported_response_mode"],
  ["into a form", { response_mode: "form_post" }, "unsupported_response_mode"],
  ["for no resource of ours", { resource: "https://elsewhere.example/mcp" }, "invalid_target"],
  ["with a fragment in the resource", { resource: `${publicUrl}/p/okrs/mcp#x` }, "invalid_target"],
  ["for two portals", { resource: [`${publicUrl}/p/okrs/mcp`, `${publicUrl}/p/wiki/mcp`] }, "invalid_target"],
  ["for a portal that is gone", { resource: `${publicUrl}/p/gone/mcp` }, "invalid_target"],
  ["by a request object", { request: "e30.e30." }, "request_not_supported"],
  ["by reference", { request_uri: "urn:x" }, "request_uri_not_supported"],
  ["without asking anybody", { prompt: "none" }, "consent_required"],
  ["twice over", { scope: ["portal:okrs", "portal:okrs:read"] }, "invalid_request"],
])(
  "a request %s is answered to the client with the error, and with who says so",
  async (_what, more, error) => {
    const { url } = await authorize(more);
    expect([url.origin + url.pathname, url.hash, Object.fromEntries(url.searchParams)]).toEqual([
      redirectUri,
      "",
      expect.objectContaining({ error, state: "st", iss: issuer }),
    ]);
    expect(url.searchParams.get("code")).toBeNull();
  },
);

test("who is not signed in cannot be let in silently, and is sent to sign in otherwise", async () => {
  const silent = await authorize({ prompt: "none" }, new Browser());
  expect(silent.url.searchParams.get("error")).toBe("login_required");
  const { url } = await authorize({}, new Browser());
  expect([url.pathname, url.searchParams.get("return_to")]).toEqual([
    "/sign-in",
    expect.stringMatching(/^\/oauth\/consent\/[\w-]{43}$/),
  ]);
});

test("who refuses is sent back with that, and there is no second answer", async () => {
  const browser = await house.browserOf(user);
  const back = await consent(app(), browser, authorizePath(clientId, createPkce()), "deny");
  expect(Object.fromEntries(back.searchParams)).toEqual({
    error: "access_denied",
    error_description: "the person did not let the client in",
    state: "st",
    iss: issuer,
  });
});

test.each([
  ["an address that the client did not register", { redirect_uri: "https://evil.example/callback" }],
  ["an address below the client's", { redirect_uri: `${redirectUri}/more` }],
  ["a registered address with a query", { redirect_uri: `${redirectUri}?next=https://evil.example` }],
  ["a client that does not exist", { client_id: "cli_00000000000000000000000000000000" }],
  ["no client", { client_id: undefined }],
])("%s: nobody is sent anywhere", async (_what, more) => {
  for (const others of [{}, { response_type: "token" }, { prompt: "none" }]) {
    const { url, answer } = await authorize({ ...more, ...others });
    expect([url.origin, answer?.status, answer?.headers.get("location")]).toEqual([publicUrl, 400, null]);
    expect(answer?.headers.get("content-security-policy")).toMatch(/frame-ancestors 'none'/);
  }
});

test.each([
  ["none", undefined],
  ["two", ["https://evil.example/callback", redirectUri]],
])("whoever names %s as the address is answered at the client's only one", async (_what, uri) => {
  const { url } = await authorize({ redirect_uri: uri, response_type: "token" });
  expect([url.origin + url.pathname, url.searchParams.has("error")]).toEqual([redirectUri, true]);
});

test("a loopback address is good with any port", async () => {
  const pkce = createPkce();
  const uri = "http://127.0.0.1:51234/callback";
  const back = await consent(
    app(),
    await house.browserOf(user),
    authorizePath(clientId, pkce, { redirect_uri: uri }),
  );
  const code = back.searchParams.get("code") ?? "";
  const form = codeForm({ clientId, code, verifier: pkce.verifier }, { redirect_uri: uri });
  expect([back.port, (await post(app(), "/token", form)).status]).toEqual(["51234", 200]);
});

test("an answer belongs to the browser in which the question was put", async () => {
  const [mine, theirs] = [await house.browserOf(user), await house.browserOf(user)];
  const { url } = await mine.follow(app(), authorizePath(clientId, createPkce()));
  const elsewhere = await theirs.send(app(), url.href);
  const answered = await theirs.send(app(), url.pathname.replace("/consent/", "/authorize/"));
  expect([elsewhere.status, answered.status]).toEqual([410, 400]);
});

test("a request is answered once", async () => {
  const browser = await house.browserOf(user);
  const { url } = await browser.follow(app(), authorizePath(clientId, createPkce()));
  const back = await consent(app(), browser, url.pathname);
  expect(back.searchParams.get("code")).not.toBeNull();
  expect((await browser.send(app(), url.href)).status).toBe(410);
  expect((await browser.send(app(), url.pathname.replace("/consent/", "/authorize/"))).status).toBe(400);
});

test("scopes: unknown ones are dropped, silence means reading, the entry is always part", async () => {
  let number = 0;
  // Somebody new each time: what a client holds already is kept when it asks for more.
  const scopeOf = async (more: Parameters<typeof authorizePath>[2]) => {
    const person = await house.addPerson(`scope${(number += 1)}@example.com`);
    const got = await obtainCode(house, { user: person, clientId }, more);
    return (await post(app(), "/token", codeForm(got))).body["scope"];
  };
  expect([
    await scopeOf({ scope: "openid profile offline_access mcp:tools" }),
    await scopeOf({ scope: "goals:write nothing:read portal:wiki" }),
    await scopeOf({ scope: undefined, resource: undefined }),
  ]).toEqual(["portal:okrs portal:okrs:read", "portal:okrs goals:write", "portal:okrs portal:okrs:read"]);
});

test.each([
  ["the same with a slash and a query", { resource: `${publicUrl}/p/wiki/mcp/?servers=x` }],
  ["upper case", { resource: "HTTPS://MCP.example.com/p/wiki/mcp" }],
  ["twice the same", { resource: [`${publicUrl}/p/wiki/mcp`, `${publicUrl}/p/wiki/mcp/`] }],
  ["the portal that the scope names", { resource: undefined, scope: "portal:wiki portal:wiki:read" }],
])("a resource may be said in other words: %s", async (_what, more) => {
  const got = await obtainCode(house, { user, clientId }, more);
  const told = await post(app(), "/token", codeForm(got, { resource: `${publicUrl}/p/wiki/mcp` }));
  const { body } = await post(app(), "/introspect", { token: String(told.body["access_token"]) }, asker);
  expect([body["active"], body["aud"], body["scope"]]).toEqual([
    true,
    `${publicUrl}/p/wiki/mcp`,
    "portal:wiki portal:wiki:read",
  ]);
});

test("a portal's own host is an alias of it", async () => {
  const got = await obtainCode(house, { user, clientId }, { resource: "https://okrs.example.com/mcp" });
  const told = await post(app(), "/token", codeForm(got, { resource: "https://okrs.example.com/mcp" }));
  const { body } = await post(app(), "/introspect", { token: String(told.body["access_token"]) }, asker);
  expect(body["aud"]).toBe(`${publicUrl}/p/okrs/mcp`);
});

test("whoever was suspended since they agreed gets nothing for the code", async () => {
  const person = await house.addPerson("gone@example.com");
  const got = await obtainCode(house, { user: person, clientId });
  await house.people.change(person.id, { status: "suspended" }, { by: "owner" });
  const told = await post(app(), "/token", codeForm(got));
  expect([told.status, told.body["error"]]).toEqual([400, "invalid_grant"]);
});

test("nothing of an answer comes from the request's Host or forwarding headers", async () => {
  const answer = await app().request(`${publicUrl}${authorizePath(clientId, createPkce())}`, {
    headers: {
      "x-forwarded-host": "evil.example",
      "x-forwarded-proto": "http",
      forwarded: "host=evil.example",
    },
  });
  expect(answer.headers.get("location")).toMatch(/^\/oauth\/consent\/[\w-]{43}$/);
  for (const cookie of answer.headers.getSetCookie()) {
    expect(cookie).toMatch(/^__Secure-castellan-(request|answer)=/);
    expect(cookie.split("; ").map((part) => part.toLowerCase())).toEqual(
      expect.arrayContaining(["secure", "httponly", "samesite=lax"]),
    );
  }
  const foreign = await app().request("https://evil.example/oauth/token", { method: "POST" });
  expect(foreign.status).toBe(421);
});

test("a body that is too long, or no form, is refused", async () => {
  const long = await app().request(`${issuer}/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "x".repeat(70_000) }),
  });
  const json = await app().request(`${issuer}/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  expect([long.status, json.status]).toEqual([413, 400]);
});
