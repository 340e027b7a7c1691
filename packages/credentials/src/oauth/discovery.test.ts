/** What is found out about servers out there, and in which order. */
import { createTestDatabase } from "@castellan/database/testing";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { credentialMigrations } from "../migrations.ts";
import { never, openOAuthScene, serveGuarded, type Answers } from "./testing.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
beforeAll(async () => {
  database = await createTestDatabase([credentialMigrations]);
});
afterAll(() => database[Symbol.asyncDispose]());

async function open(answers: (origin: string) => Answers, path?: string) {
  const scene = await openOAuthScene({ database });
  onTestFinished(() => scene[Symbol.asyncDispose]());
  const guarded = await serveGuarded(answers, path);
  onTestFinished(() => guarded[Symbol.asyncDispose]());
  const wish = { scopes: [] };
  return {
    ...scene,
    guarded,
    discover: (challenge?: string) =>
      scene.oauth.discover(guarded.target({ kind: "auto" }), challenge, never),
    plan: (auth = guarded.target().auth) => scene.oauth.planAuthorization(guarded.target(auth), wish, never),
  };
}

const metadataOf = (issuer: string) => ({
  issuer,
  authorization_endpoint: `${issuer}/a`,
  token_endpoint: `${issuer}/t`,
  code_challenge_methods_supported: ["S256"],
});
const prm = "/.well-known/oauth-protected-resource";

test("the challenge says where the metadata are, the path comes next, then the root", async () => {
  const { guarded, discover } = await open((origin) => ({
    "/special": { resource: `${origin}/mcp`, authorization_servers: ["https://one.example"] },
    [`${prm}/mcp`]: { resource: `${origin}/mcp`, authorization_servers: ["https://two.example"] },
    [prm]: { resource: origin, authorization_servers: ["https://three.example"], scopes_supported: ["s"] },
  }));
  const found = { asksForOAuth: true, resource: guarded.url, scopes: undefined };
  expect(await discover('Bearer resource_metadata="/special"')).toEqual({
    ...found,
    issuer: "https://one.example",
  });
  expect(guarded.asked).toEqual(["GET /special"]);
  expect(await discover("Bearer")).toEqual({ ...found, issuer: "https://two.example" });
  delete guarded.answers[`${prm}/mcp`];
  expect(await discover('Bearer scope="x"')).toEqual({
    ...found,
    issuer: "https://three.example",
    resource: guarded.origin,
    scopes: ["x"],
  });
  expect(await discover('Bearer resource_metadata="/nowhere"')).toMatchObject({
    issuer: "https://three.example",
    scopes: ["s"],
  });
});

test("without a challenge the server is asked for one", async () => {
  const { guarded, discover } = await open((origin) => ({
    "/mcp": () => ({ status: 401, headers: { "www-authenticate": 'Bearer resource_metadata="/here"' } }),
    "/here": { resource: `${origin}/mcp`, authorization_servers: ["https://one.example"] },
  }));
  expect(await discover()).toMatchObject({ issuer: "https://one.example" });
  expect(guarded.asked).toEqual(["POST /mcp", "GET /here"]);
});

test.each(["https://evil.example/mcp", "http://127.0.0.1:1/mcp", "ORIGIN/mcp/deeper", "ORIGIN/other"])(
  "metadata of %s are not this server's",
  async (resource) => {
    const { discover, plan } = await open((origin) => ({
      [`${prm}/mcp`]: {
        resource: resource.replace("ORIGIN", origin),
        authorization_servers: ["https://one.example"],
      },
    }));
    await expect(discover()).rejects.toMatchObject({ code: "upstream_auth_invalid" });
    await expect(plan()).rejects.toMatchObject({ code: "upstream_auth_invalid" });
  },
);

test("what cannot be had from where it should be is not taken from elsewhere", async () => {
  const { discover } = await open((origin) => ({
    [`${prm}/mcp`]: 503,
    [prm]: { resource: origin, authorization_servers: ["https://three.example"] },
  }));
  await expect(discover()).rejects.toMatchObject({ code: "credentials_unavailable" });
});

test("addresses that no admin allowed are not asked, whoever names them", async () => {
  const { discover, guarded, plan } = await open(() => ({}));
  await expect(discover('Bearer resource_metadata="http://127.0.0.2/x"')).rejects.toMatchObject({
    code: "upstream_auth_unsupported",
  });
  guarded.answers[`${prm}/mcp`] = { resource: guarded.url, authorization_servers: ["http://10.0.0.1"] };
  await expect(plan()).rejects.toMatchObject({ code: "upstream_auth_unsupported" });
});

test.each([
  ["", ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]],
  [
    "/tenant",
    [
      "/.well-known/oauth-authorization-server/tenant",
      "/.well-known/openid-configuration/tenant",
      "/tenant/.well-known/openid-configuration",
    ],
  ],
])("an issuer at path %j is looked for where it may be, in order", async (path, places) => {
  for (const [at, place] of places.entries()) {
    const { guarded, plan } = await open((origin) => ({
      [`${prm}/mcp`]: { resource: `${origin}/mcp`, authorization_servers: [`${origin}${path}`] },
      [place]: metadataOf(`${origin}${path}`),
    }));
    expect(await plan()).toEqual({
      issuer: `${guarded.origin}${path}`,
      authorizationEndpoint: `${guarded.origin}${path}/a`,
      scopes: undefined,
    });
    expect(guarded.asked.slice(2)).toEqual(places.slice(0, at + 1).map((each) => `GET ${each}`));
  }
});

test("an authorization server is called as it calls itself, to the letter", async () => {
  for (const said of ["https://evil.example", "ORIGIN/", "origin"]) {
    const { plan } = await open((origin) => ({
      [`${prm}/mcp`]: { resource: `${origin}/mcp`, authorization_servers: [origin] },
      "/.well-known/oauth-authorization-server": metadataOf(said.replace("ORIGIN", origin)),
    }));
    await expect(plan()).rejects.toMatchObject({ code: "upstream_auth_invalid" });
  }
});

test.each(["javascript:alert(1)", "http://10.0.0.1/a", "file:///etc/passwd", "https://user:pw@a.example/"])(
  "nobody is sent to %s",
  async (authorization_endpoint) => {
    const { plan } = await open((origin) => ({
      [`${prm}/mcp`]: { resource: `${origin}/mcp`, authorization_servers: [origin] },
      "/.well-known/oauth-authorization-server": { ...metadataOf(origin), authorization_endpoint },
    }));
    await expect(plan()).rejects.toMatchObject({ code: "upstream_auth_unsupported" });
  },
);

test("an older server is its own authorization server: as it says, or by the old addresses", async () => {
  const { guarded, discover, plan, clock } = await open(() => ({}));
  expect(await discover()).toEqual({ asksForOAuth: false });
  expect(await plan()).toEqual({
    issuer: guarded.origin,
    authorizationEndpoint: `${guarded.origin}/authorize`,
    scopes: undefined,
  });
  guarded.answers["/.well-known/oauth-authorization-server"] = metadataOf(guarded.origin);
  clock.advance(60_000);
  expect(await discover()).toEqual({
    asksForOAuth: true,
    issuer: guarded.origin,
    resource: guarded.url,
    scopes: undefined,
  });
  expect(await plan()).toMatchObject({ authorizationEndpoint: `${guarded.origin}/a` });
});

test("an admin's word on the authorization server, and on its endpoints, goes before the server's", async () => {
  const { guarded, plan } = await open((origin) => ({
    [`${prm}/mcp`]: {
      resource: `${origin}/mcp`,
      authorization_servers: ["https://other.example"],
      scopes_supported: ["s"],
    },
  }));
  const issuer = "https://by-hand.example";
  const endpoints = { authorization: `${issuer}/a`, token: `${issuer}/t` };
  expect(await plan({ kind: "own_account", issuer, endpoints })).toEqual({
    issuer,
    authorizationEndpoint: `${issuer}/a`,
    scopes: ["s"],
  });
  expect(guarded.asked).toEqual(["POST /mcp", `GET ${prm}/mcp`]);
});

test("a server that moved to another authorization server is seen to have moved", async () => {
  const { guarded, plan, oauth, clock } = await open((origin) => ({
    [`${prm}/mcp`]: { resource: `${origin}/mcp`, authorization_servers: [`${origin}/one`] },
    "/.well-known/oauth-authorization-server": {
      ...metadataOf(origin),
      registration_endpoint: `${origin}/r`,
    },
    "/.well-known/oauth-authorization-server/one": {
      ...metadataOf(`${origin}/one`),
      registration_endpoint: `${origin}/r`,
    },
    "/.well-known/oauth-authorization-server/two": {
      ...metadataOf(`${origin}/two`),
      registration_endpoint: `${origin}/r`,
    },
  }));
  const begin = async () =>
    (await oauth.beginAuthorization(guarded.target(), { scopes: [] }, never)).flow.issuer;
  guarded.answers["/r"] = () => ({ status: 201, body: { client_id: "c" } });
  expect(await begin()).toBe(`${guarded.origin}/one`);
  guarded.answers[`${prm}/mcp`] = {
    resource: guarded.url,
    authorization_servers: [`${guarded.origin}/two`],
  };
  // What was planned is begun; what is planned anew is found out anew.
  expect(await begin()).toBe(`${guarded.origin}/one`);
  clock.advance(5_000);
  expect((await plan()).issuer).toBe(`${guarded.origin}/two`);
  expect(await begin()).toBe(`${guarded.origin}/two`);
  guarded.answers[`${prm}/mcp`] = 404;
  oauth.forget("srv_1");
  expect(await begin()).toBe(guarded.origin);
});

test("many who ask at once are one who asks", async () => {
  const { guarded, discover } = await open((origin) => ({
    [`${prm}/mcp`]: { resource: `${origin}/mcp`, authorization_servers: ["https://one.example"] },
  }));
  await Promise.all(Array.from({ length: 100 }, () => discover("Bearer")));
  expect(guarded.asked).toEqual([`GET ${prm}/mcp`]);
});

test("who looks at what is planned again and again has the server asked once, unless that failed", async () => {
  const { guarded, plan } = await open((origin) => ({
    [`${prm}/mcp`]: 503,
    "/.well-known/oauth-authorization-server": metadataOf(origin),
  }));
  for (let n = 0; n < 2; n += 1)
    await expect(plan()).rejects.toMatchObject({ code: "credentials_unavailable" });
  expect(guarded.asked.filter((asked) => asked.endsWith("/mcp"))).toEqual(
    Array.from({ length: 2 }, () => ["POST /mcp", `GET ${prm}/mcp`]).flat(),
  );
  guarded.answers[`${prm}/mcp`] = { resource: guarded.url, authorization_servers: [guarded.origin] };
  await plan().catch(() => undefined);
  const { length } = guarded.asked;
  await plan().catch(() => undefined);
  expect(guarded.asked.slice(length)).toEqual([]);
});
