import type { AuthSecretName, UpstreamAuth } from "@castellan/credentials";
import { expect, test } from "vitest";
import { testServer } from "../testing.ts";
import { authAddresses, authProblems } from "./auth-rules.ts";
import { targetOf } from "./target-of.ts";

const issuer = "https://login.example";
const client = { id: "us" };

test.each<[UpstreamAuth, AuthSecretName[], string[], string[]]>([
  [{ kind: "auto" }, [], ["authorization"], []],
  [{ kind: "auto" }, ["token"], [], ["authSecrets.token"]],
  [{ kind: "none" }, [], ["authorization", "x-key"], []],
  [{ kind: "bearer" }, ["token"], ["x-key"], []],
  [{ kind: "bearer" }, [], ["authorization"], ["authSecrets.token", "headers"]],
  [{ kind: "basic", username: "me" }, ["password"], [], []],
  [{ kind: "basic", username: "me" }, ["token"], [], ["authSecrets.password", "authSecrets.token"]],
  [{ kind: "own_key" }, [], ["authorization"], ["headers"]],
  [{ kind: "own_key", header: "x-api-key" }, ["token"], ["authorization"], []],
  [{ kind: "own_key", header: "X-Api-Key" }, [], [], ["auth.header"]],
  [{ kind: "own_key", header: "mcp-session-id" }, [], [], ["auth.header"]],
  [{ kind: "own_key", header: "host" }, [], [], ["auth.header"]],
  [{ kind: "own_account" }, [], [], []],
  [{ kind: "own_account", client }, [], [], ["auth.issuer"]],
  [{ kind: "own_account", client, issuer }, ["clientSecret"], [], []],
  [{ kind: "own_account", client, issuer }, ["privateKey"], [], []],
  [{ kind: "own_account", client, issuer }, ["clientSecret", "privateKey"], [], ["authSecrets.privateKey"]],
  [
    { kind: "own_account", issuer, client: { id: "us", authMethod: "private_key_jwt" } },
    ["clientSecret"],
    [],
    ["authSecrets.privateKey", "authSecrets.clientSecret"],
  ],
  [
    { kind: "shared_account", issuer, endpoints: { token: `${issuer}/token` } },
    [],
    [],
    ["auth.client", "auth.endpoints.authorization"],
  ],
  [{ kind: "client_credentials", issuer }, [], [], ["auth.client"]],
  [{ kind: "client_credentials", issuer, client }, [], [], ["authSecrets.clientSecret"]],
  [{ kind: "client_credentials", issuer, client }, ["privateKey"], [], []],
  [{ kind: "identity" }, [], ["authorization"], ["headers"]],
  [{ kind: "id_jag" }, ["clientSecret"], [], ["authSecrets.clientSecret"]],
])("%j with %j beside %j: %j", (auth, authSecretNames, headerNames, fields) => {
  expect(authProblems({ auth, authSecretNames, headerNames }).map(({ field }) => field)).toEqual(fields);
});

test("every address in an auth is judged", () => {
  const endpoints = { authorization: `${issuer}/a`, token: `${issuer}/t`, revocation: `${issuer}/r` };
  expect(authAddresses({ kind: "own_account", issuer, endpoints })).toEqual([
    ["auth.issuer", issuer],
    ["auth.endpoints.authorization", `${issuer}/a`],
    ["auth.endpoints.token", `${issuer}/t`],
    ["auth.endpoints.revocation", `${issuer}/r`],
  ]);
  expect(authAddresses({ kind: "identity", audience: issuer })).toEqual([]);
});

test("an Authorization header of an admin's settles what auto is; anything else is as it was said", () => {
  const authOf = (server: { auth?: UpstreamAuth; headerNames?: string[] }) =>
    targetOf(testServer("crm", { server })).auth;
  expect([
    authOf({}),
    authOf({ headerNames: ["x-key"] }),
    authOf({ headerNames: ["authorization"] }),
    authOf({ auth: { kind: "own_account" } }),
  ]).toEqual([{ kind: "auto" }, { kind: "auto" }, { kind: "none" }, { kind: "own_account" }]);
  const server = testServer("crm", { state: { asksForOAuth: true } });
  expect(targetOf({ ...server, authSecrets: { token: "t" } })).toEqual({
    id: server.server.id,
    slug: "crm",
    title: "crm",
    url: "https://crm.example/mcp",
    allowPrivate: [],
    auth: { kind: "auto" },
    secrets: { token: "t" },
    asksForOAuth: true,
  });
});
