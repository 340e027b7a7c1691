/** How requests to servers are authorized: stored with sealed secrets, that are bound to where they were given for. */
import type { UpstreamAuth } from "@castellan/credentials";
import { sql } from "@castellan/database";
import { isFault } from "@castellan/kernel";
import { afterAll, beforeAll, expect, test } from "vitest";
import { codeOf, findings, newServer, openStores, type TestStores } from "../testing.ts";
import type { ServerChange } from "./server.ts";

let stores: TestStores;

beforeAll(async () => {
  stores = await openStores();
});

afterAll(() => stores[Symbol.asyncDispose]());

const crm = {
  auth: {
    kind: "own_account",
    issuer: "https://login.crm.example",
    client: { id: "us", authMethod: "client_secret_basic" },
  },
  authSecrets: { clientSecret: "s3cret-of-crm" },
} as const;

test("an auth is shown, which secrets it has is named, and their values are sealed", async () => {
  const { servers, database } = stores;
  const authRefs = { clientSecret: { secretRef: "env:CRM" }, token: { secretRef: "env:NONE" } };
  const { id } = await servers.add(newServer("crm", { ...crm, authRefs }));
  const found = await servers.get("crm");
  expect(found.server).toMatchObject({
    auth: crm.auth,
    authSecretNames: ["clientSecret"],
    authRefs: { clientSecret: { secretRef: "env:CRM" } },
    version: 1,
    revision: 1,
  });
  expect(await servers.authSecretsOf(id)).toEqual(crm.authSecrets);
  const dumped = await database.query(sql`
    select s::text || encode(coalesce(sealed_auth, ''), 'escape') as dump from servers s`);
  expect(JSON.stringify([dumped, found])).not.toMatch(/s3cret/);
});

test("what is not said is found out, and a secret that is given anew is another line", async () => {
  const { servers, definitions } = stores;
  const { id, auth, authSecretNames } = await servers.add(newServer("keyed"));
  expect([auth, authSecretNames]).toEqual([{ kind: "auto" }, []]);
  await definitions.saveSync(id, findings([]));
  const change = async (change: ServerChange) => {
    const { server, state } = await servers.change("keyed", change);
    await definitions.saveSync(id, findings([]));
    return [server.version, server.revision, state.isOutdated, await servers.authSecretsOf(id)];
  };
  const given = { auth: { kind: "bearer" }, authSecrets: { token: "one" } } as const;
  expect(await change(given)).toEqual([2, 2, true, { token: "one" }]);
  expect(await change(given)).toEqual([2, 2, false, { token: "one" }]);
  expect(await change({ authSecrets: { token: "two" } })).toEqual([3, 3, true, { token: "two" }]);
  // Where a value comes from is no line's business.
  expect(await change({ authRefs: { token: { secretRef: "env:T" } } })).toEqual([
    4,
    3,
    false,
    { token: "two" },
  ]);
  expect((await servers.change("keyed", { authSecrets: { token: "three" } })).server.authRefs).toEqual({});
  // A secret that the new auth has no use for goes with the old one; one that it takes as well stays.
  expect(await change({ auth: { kind: "own_key" } })).toMatchObject({ 3: { token: "three" } });
  expect(await change({ authSecrets: { token: null } })).toMatchObject({ 3: {} });
  expect(await change({ auth: { kind: "none" } })).toMatchObject({ 3: {} });
});

test.each<[string, ServerChange]>([
  ["another origin", { url: new URL("https://elsewhere.example/mcp") }],
  ["another issuer", { auth: { ...crm.auth, issuer: "https://evil.example" } }],
  [
    "another token endpoint",
    {
      auth: {
        ...crm.auth,
        endpoints: { token: "https://evil.example/t", authorization: "https://a.example" },
      },
    },
  ],
])("a secret is not sent to %s: it is given anew, or dropped with its auth", async (_, change) => {
  const { servers } = stores;
  await servers.add(newServer("moving", crm));
  const error: unknown = await servers.change("moving", change).catch((caught: unknown) => caught);
  expect(isFault(error, "server_secrets_required") && error.data).toEqual({ secrets: ["clientSecret"] });
  const moved = { ...change, authSecrets: { clientSecret: "another" } };
  const { server } = await servers.change("moving", moved);
  expect(await servers.authSecretsOf(server.id)).toEqual({ clientSecret: "another" });
  const other = new URL("https://third.example/mcp");
  await servers.change("moving", { url: other, auth: { kind: "none" } });
  expect(await servers.authSecretsOf(server.id)).toEqual({});
  await servers.remove("moving");
});

test.each([
  ["the address", sql`update servers set url = 'https://evil.example/mcp' where slug = 'crm'`],
  [
    "the issuer",
    sql`update servers set auth = jsonb_set(auth, '{issuer}', '"https://evil.example"') where slug = 'crm'`,
  ],
])("secrets are not opened when somebody writes %s past us", async (_, write) => {
  const { servers, database } = stores;
  await servers.remove("crm").catch(() => undefined);
  const { id } = await servers.add(newServer("crm", crm));
  await database.query(write);
  expect(await codeOf(servers.authSecretsOf(id))).toBe("server_credentials_moved");
});

const bearer: UpstreamAuth = { kind: "bearer" };

test.each<[string, ServerChange, string[]]>([
  ["a secret that is missing", { auth: bearer }, ["authSecrets.token"]],
  [
    "a header that the auth sets",
    { auth: bearer, authSecrets: { token: "t" }, headers: { authorization: "Bearer x" } },
    ["headers"],
  ],
  ["a secret of no use", { authSecrets: { password: "p" } }, ["authSecrets.password"]],
])("%s is refused, and nothing is changed", async (_, change, fields) => {
  const { servers } = stores;
  await servers.remove("plain").catch(() => undefined);
  await servers.add(newServer("plain"));
  const error: unknown = await servers.change("plain", change).catch((caught: unknown) => caught);
  const problems = isFault(error, "invalid_input") && (error.data?.["problems"] as { field: string }[]);
  expect(problems && problems.map(({ field }) => field)).toEqual(fields);
  expect((await servers.get("plain")).server).toMatchObject({ version: 1, auth: { kind: "auto" } });
});

test("what was found out of another origin does not hold; of another path it does", async () => {
  const { servers, definitions, database } = stores;
  const { id } = await servers.add(newServer("found"));
  await definitions.saveSync(id, findings([]));
  await database.query(sql`update server_states set asks_for_oauth = true where server_id = ${id}`);
  const asks = async (url: string) =>
    (await servers.change("found", { url: new URL(url) })).state.asksForOAuth;
  expect([await asks("https://found.example/other"), await asks("https://lost.example/mcp")]).toEqual([
    true,
    false,
  ]);
});
