import { createTestDatabase } from "@castellan/database/testing";
import type { Database } from "@castellan/database";
import { systemClock as clock } from "@castellan/kernel";
import type { Id } from "@castellan/kernel";
import { generateMasterKey, loadVault, vaultMigrations } from "@castellan/vault";
import { serveApp, type Served } from "@castellan/web/testing";
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { credentialMigrations } from "../migrations.ts";
import { house, type PersonOwner } from "../owner.ts";
import { createIdentity, type Identity } from "./identity.ts";
import { createIdentityKeys } from "./keys.ts";
import { createIdentityMetadata, openIdentityPaths } from "./metadata.ts";

let database: Database;
let identity: Identity;
let served: Served;

const audience = "https://tools.example.com/mcp";
const ada: PersonOwner = {
  kind: "person",
  id: "usr_ada" as Id<"user">,
  name: "Ada",
  email: "ada@example.com",
  groups: ["engineers", "on-call"],
  client: "https://client.example/metadata.json",
  portal: "main",
};

beforeAll(async () => {
  database = await createTestDatabase([vaultMigrations, credentialMigrations]);
  const vault = await loadVault(database, { current: generateMasterKey().key, older: [] });
  const keys = createIdentityKeys({
    database,
    vault,
    clock,
    onError: (error) => expect.unreachable(String(error)),
  });
  identity = createIdentity({ keys, clock, publicUrl: new URL("https://mcp.example.com") });
  served = await serveApp((app) => void app.route("/", createIdentityMetadata(identity)), {
    openPaths: openIdentityPaths,
  });
});
afterAll(async () => {
  await served[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

/** As a server out there does: by the key set that it fetches. */
async function verify(token: string) {
  const keySet = createRemoteJWKSet(new URL(`${served.server.url}/identity/jwks.json`), {
    headers: { host: "mcp.example.com" },
  });
  const { payload } = await jwtVerify(token, keySet, { audience, issuer: identity.issuer, typ: "JWT" });
  const { iat = 0, exp = 0, jti = "", ...claims } = payload;
  return { lifeSeconds: exp - iat, jti, claims };
}

const common = { iss: "https://mcp.example.com/identity", aud: audience };

test("a person's token says who calls, for whom, by what and for what", async () => {
  const request = { method: "tools/call", name: "delete_page" };
  const token = await identity.token(ada, { audience, withGroups: true, request });
  const { lifeSeconds, claims } = await verify(token);
  expect(lifeSeconds).toBe(60);
  expect(claims).toEqual({
    ...common,
    sub: "usr_ada",
    name: "Ada",
    email: "ada@example.com",
    groups: ["engineers", "on-call"],
    act: { sub: "https://client.example/metadata.json" },
    portal: "main",
    method: "tools/call",
    tool: "delete_page",
  });
});

test("groups are told only where an admin wants it, and what is not known is not said", async () => {
  const token = await identity.token(
    { ...ada, client: undefined, portal: undefined },
    { audience, withGroups: false },
  );
  expect((await verify(token)).claims).toEqual({
    ...common,
    sub: "usr_ada",
    name: "Ada",
    email: "ada@example.com",
  });
});

test("programs and the house have names of their own", async () => {
  const program = { kind: "program", id: "tok_ci", name: "CI", portal: "main" } as const;
  const list = { method: "tools/list" };
  expect(
    (await verify(await identity.token(program, { audience, withGroups: true, request: list }))).claims,
  ).toEqual({
    ...common,
    sub: "tok_ci",
    name: "CI",
    portal: "main",
    method: "tools/list",
  });
  expect((await verify(await identity.token(house, { audience, withGroups: true }))).claims).toEqual({
    ...common,
    sub: "house",
  });
});

test("no two tokens are the same", async () => {
  const tokens = await Promise.all([1, 2, 3].map(() => identity.token(ada, { audience, withGroups: false })));
  const jtis = await Promise.all(tokens.map(async (token) => (await verify(token)).jti));
  expect(new Set(jtis).size).toBe(3);
});

test("a token is good for its audience only, and the header names the key", async () => {
  const token = await identity.token(ada, { audience: "https://other.example/mcp", withGroups: false });
  await expect(verify(token)).rejects.toMatchObject({
    code: "ERR_JWT_CLAIM_VALIDATION_FAILED",
    claim: "aud",
  });
  const { keys } = await identity.keySet();
  expect(decodeProtectedHeader(token)).toEqual({ alg: "ES256", kid: keys[0]?.kid, typ: "JWT" });
});

test.each([
  "/identity/.well-known/openid-configuration",
  "/.well-known/openid-configuration/identity",
  "/.well-known/oauth-authorization-server/identity",
])("%s tells pages of any origin where the keys are", async (path) => {
  const headers = { host: "mcp.example.com", origin: "https://anywhere.example" };
  const answer = await served.send(path, { headers });
  expect([answer.status, answer.headers["access-control-allow-origin"]]).toEqual([200, "*"]);
  expect(JSON.parse(answer.body)).toMatchObject({
    issuer: identity.issuer,
    jwks_uri: "https://mcp.example.com/identity/jwks.json",
    id_token_signing_alg_values_supported: ["ES256"],
  });
});

test("the key set is one by its media type, and may be kept for an hour", async () => {
  const answer = await served.send("/identity/jwks.json", { headers: { host: "mcp.example.com" } });
  expect([answer.status, answer.headers["content-type"], answer.headers["cache-control"]]).toEqual([
    200,
    "application/jwk-set+json",
    "public, max-age=3600",
  ]);
  expect(JSON.parse(answer.body)).toEqual(await identity.keySet());
});
