/** A server, or its authorization server, that is up to no good. */
import { sql } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { serve } from "@castellan/web/testing";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { credentialMigrations } from "../migrations.ts";
import { never, openOAuthScene, serveGuarded, type Answers } from "./testing.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
beforeAll(async () => {
  database = await createTestDatabase([credentialMigrations]);
});
afterAll(() => database[Symbol.asyncDispose]());

const prm = "/.well-known/oauth-protected-resource";

/** A server that is its own authorization server, as far as `answers` does not say otherwise. */
async function open(answers: (origin: string) => Answers = () => ({}), path = "/mcp") {
  const scene = await openOAuthScene({ database });
  onTestFinished(() => scene[Symbol.asyncDispose]());
  const guarded = await serveGuarded(
    (origin) => ({
      [prm + path]: { resource: origin + path, authorization_servers: [origin] },
      "/.well-known/oauth-authorization-server": {
        issuer: origin,
        authorization_endpoint: `${origin}/a`,
        token_endpoint: `${origin}/t`,
        registration_endpoint: `${origin}/r`,
        revocation_endpoint: `${origin}/v`,
        code_challenge_methods_supported: ["S256"],
      },
      "/r": () => ({ status: 201, body: { client_id: "c", client_secret: "client-secret" } }),
      ...answers(origin),
    }),
    path,
  );
  onTestFinished(() => guarded[Symbol.asyncDispose]());
  const target = guarded.target();
  const begin = () => scene.oauth.beginAuthorization(target, { scopes: [] }, never);
  const hold = async () => {
    const { flow } = await begin();
    const { issuer, clientId, resource } = flow;
    return { issuer, clientId, resource, accessToken: "access-token", refreshToken: "refresh-token" };
  };
  return { ...scene, guarded, target, begin, hold };
}

const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => ({ code: undefined, message: "" }),
    ({ code, message }: { code: string; message: string }) => ({ code, message }),
  );

/** Beside it: somebody else's server, which is to hear nothing. */
async function openOther() {
  const heard: string[] = [];
  const other = await serve((request, response) => {
    heard.push(`${request.method} ${request.url}`);
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  onTestFinished(() => other[Symbol.asyncDispose]());
  return { origin: `http://127.0.0.1:${other.port}`, heard };
}

test.each([
  "\0ORIGIN/mcp",
  "ORIGIN/mcp\n",
  "ORIGIN/\tmcp",
  "http://user:pw@HOST/mcp",
  "ORIGIN/?".padEnd(3000, "x"),
])("%j is no resource, though a URL parser makes one of it", async (said) => {
  const { begin } = await open((origin) => ({
    [`${prm}/mcp`]: {
      resource: said.replace("ORIGIN", origin).replace("HOST", new URL(origin).host),
      authorization_servers: [origin],
    },
  }));
  expect((await errorOf(begin())).code).toBe("upstream_auth_invalid");
});

test("what is no issuer is not asked, and not remembered", async () => {
  const { guarded, begin } = await open((origin) => ({
    [`${prm}/mcp`]: {
      resource: `${origin}/mcp`,
      authorization_servers: [`\0${origin}`, `${origin}\n`, `${origin}/${"x".repeat(3000)}`, 7, origin],
    },
  }));
  expect((await begin()).flow.issuer).toBe(guarded.origin);
});

test("the address of a server may be a secret: people are told its host, and the other's words in one line", async () => {
  const { begin, guarded } = await open(
    () => ({
      [`${prm}/s/secret-path/mcp`]: {
        resource: "https://evil.example/\u202e\nSign in at https://evil.example",
      },
    }),
    "/s/secret-path/mcp",
  );
  expect(await errorOf(begin())).toEqual({
    code: "upstream_auth_invalid",
    message: `The metadata of ${new URL(guarded.url).host} are those of another resource (https://evil.example/ Sign in at https://evil.example)`,
  });
});

test("who calls itself otherwise is quoted in one line", async () => {
  const { begin, guarded } = await open(() => ({
    "/.well-known/oauth-authorization-server": { issuer: `a\u202eb\n${"x".repeat(500)}` },
  }));
  expect((await errorOf(begin())).message).toBe(
    `The authorization server ${guarded.origin} calls itself a b ${"x".repeat(196)}`,
  );
});

test.each([{ client_id: "a\0b" }, { client_id: "a\nb" }, { client_id: "" }, { client_id: "x".repeat(3000) }])(
  "a client that is called %j is none",
  async (body) => {
    const { begin } = await open(() => ({ "/r": () => ({ status: 201, body }) }));
    expect((await errorOf(begin())).code).toBe("upstream_auth_unsupported");
  },
);

test("nothing that is secret follows a redirect: not of the token endpoint, the revocation or the registration", async () => {
  const other = await openOther();
  const elsewhere = () => ({ status: 307, headers: { location: `${other.origin}/stolen` } });
  const { oauth, target, guarded, hold, begin } = await open(() => ({ "/t": elsewhere, "/v": elsewhere }));
  const held = await hold();
  expect(await oauth.refresh(target, held, never)).toMatchObject({ kind: "failed" });
  await oauth.revoke(target, held, never);
  expect(guarded.asked.filter((asked) => /\/[tv]$/.test(asked))).toEqual(["POST /t", "POST /v", "POST /v"]);
  guarded.answers["/r"] = elsewhere;
  await database.query(sql`delete from upstream_clients where issuer = ${guarded.origin}`);
  expect((await errorOf(begin())).code).toBe("upstream_auth_unsupported");
  expect(other.heard).toEqual([]);
});

test("an authorization server that has become another one gets nothing of what the first one gave", async () => {
  const other = await openOther();
  const { oauth, target, guarded, hold, clock } = await open();
  const held = await hold();
  guarded.answers["/.well-known/oauth-authorization-server"] = {
    issuer: other.origin,
    token_endpoint: `${other.origin}/t`,
    revocation_endpoint: `${other.origin}/v`,
  };
  // And the server names that one from now on.
  guarded.answers[`${prm}/mcp`] = { resource: guarded.url, authorization_servers: [other.origin] };
  // Longer than it is remembered while it cannot be had anew.
  clock.advance(2 * 3_600_000);
  expect(await oauth.refresh(target, held, never)).toMatchObject({
    kind: "failed",
    code: "upstream_auth_invalid",
  });
  expect(await oauth.revoke(target, held, never)).not.toBe("revoked");
  expect(other.heard).toEqual([]);
});

test.each([
  { access_token: "a\r\nX-Evil: 1" },
  { access_token: "x".repeat(100_000) },
  { access_token: "a", refresh_token: "b c" },
  { access_token: "a", token_type: "mac" },
  { access_token: "a", token_type: "DPoP" },
  { access_token: "a", expires_in: "1e999" },
])("tokens that cannot be used are none: %j", async (body) => {
  const { oauth, target, hold } = await open(() => ({
    "/t": { token_type: "bearer", ...body },
  }));
  const outcome = await oauth.refresh(target, await hold(), never);
  expect(outcome).toMatchObject({ kind: "failed" });
  expect(JSON.stringify(outcome)).not.toMatch(/X-Evil|xxx/);
});

test.each([[-5], ["-5"], [0], [null], ["soon"], [{}]])("a life of %j says nothing", async (expires_in) => {
  const { oauth, target, hold } = await open(() => ({
    "/t": { access_token: "a", token_type: "bearer", expires_in },
  }));
  expect(await oauth.refresh(target, await hold(), never)).toMatchObject({
    kind: "granted",
    tokens: { accessToken: "a", expiresAtMs: undefined },
  });
});

test("a secret of ours opens for the issuer and the client that it was made for, whatever the row says", async () => {
  const evil = await open();
  const { oauth, target, guarded, hold } = await open();
  const held = await hold();
  await database.query(sql`
    update upstream_clients set issuer = ${evil.guarded.origin} where issuer = ${guarded.origin}`);
  const moved = { ...held, issuer: evil.guarded.origin };
  const outcome = await oauth.refresh({ ...target, url: evil.guarded.url }, moved, never);
  expect(outcome).toMatchObject({ kind: "failed", message: "A sealed value could not be opened" });
  expect(evil.guarded.asked).not.toContain("POST /t");
});
