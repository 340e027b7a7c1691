import { withinTransaction } from "@castellan/database";
import type { Fault } from "@castellan/kernel";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AccountOwner } from "./account.ts";
import type { KnownAuth } from "./auth/upstream-auth.ts";
import type { AccountChange } from "./credentials.ts";
import { house, type Owner } from "./owner.ts";
import { openInstallation, person, type Installation } from "./strategies/testing/installation.ts";
import type { Target } from "./target.ts";
import { startAuthorizationServer } from "./testing/authorization-server.ts";
import { startAssertionServer } from "./strategies/testing/assertion-server.ts";

let installation: Installation;
const refusedSecrets: [slug: string, by: string][] = [];

beforeAll(async () => {
  installation = await openInstallation({
    onSecretRefused: async (_, { slug }, by) => void refusedSecrets.push([slug, by]),
  });
});
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
  // Nothing failed beside what was looked at.
  expect(installation.errors).toEqual([]);
});

const ada = person("ada");
const bob = person("bob");
const program: Owner = { kind: "program", id: "tok_ci", name: "CI", portal: "main" };
const stranger: Owner = { kind: "public", portal: "main" };
const live = () => new AbortController().signal;
const call = { method: "tools/call", name: "write" };
const unauthorized = { status: 401, challenge: "Bearer" } as const;

const headersOf = (target: Target, owner: Owner) =>
  installation.credentials.of(target, owner).headers(call, live());
const faultOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable(),
    ({ code, data }: Fault) => ({ code, data }),
  );

function link(target: Target, owner: AccountOwner, token: string, tokens: object = {}) {
  const { database, credentials } = installation;
  return database.transaction((tx) =>
    credentials.accounts.link(withinTransaction(tx, database), {
      target,
      owner,
      issuer: "https://as.example.com",
      clientId: "us",
      scopes: ["read"],
      tokens: {
        kind: "oauth",
        accessToken: token,
        refreshToken: undefined,
        expiresAtMs: Date.now() + 3_600_000,
        ...tokens,
      },
      linkedBy: "Ada",
      linkedFrom: undefined,
    }),
  );
}
const personal = { kind: "person", id: ada.id } as const;
const shared = { kind: "shared" } as const;

test("what an admin gave is the same for whoever calls", async () => {
  const owners = [ada, program, stranger, house];
  const rows: [Parameters<Installation["target"]>[0], Record<string, string>][] = [
    [{ auth: { kind: "none" } }, {}],
    [{ auth: { kind: "auto" } }, {}],
    [{ auth: { kind: "bearer" }, secrets: { token: "t" } }, { authorization: "Bearer t" }],
    [
      { auth: { kind: "basic", username: "Käthe" }, secrets: { password: "pass:wörd" } },
      { authorization: `Basic ${Buffer.from("Käthe:pass:wörd").toString("base64")}` },
    ],
  ];
  for (const [settings, headers] of rows)
    for (const owner of owners) {
      const target = installation.target(settings);
      expect(await headersOf(target, owner)).toEqual(headers);
      expect(await installation.credentials.identityOf(target, owner)).toBe("house");
      await installation.credentials.prepare(target, owner, live());
    }
});

test("a secret that nobody gave is the admin's business, and so is one that is refused: told once", async () => {
  const empty = installation.target({ auth: { kind: "bearer" } });
  expect(await faultOf(headersOf(empty, ada))).toEqual({
    code: "credentials_missing",
    data: { server: "tools" },
  });
  const given = installation.target({ auth: { kind: "bearer" }, secrets: { token: "stale" } });
  for (const owner of [ada, bob]) {
    const credentials = installation.credentials.of(given, owner);
    expect(await credentials.refused(unauthorized, { authorization: "Bearer stale" }, live())).toBe("final");
  }
  const forbidden = { status: 403, challenge: undefined } as const;
  const other = installation.target({ slug: "other", auth: { kind: "bearer" }, secrets: { token: "good" } });
  expect(await installation.credentials.of(other, ada).refused(forbidden, {}, live())).toBe("final");
  await expect.poll(() => refusedSecrets.splice(0)).toEqual([["tools", "target"]]);
});

/** For which kinds somebody could ever call. */
const open: Record<KnownAuth["kind"], readonly Owner["kind"][]> = {
  none: ["person", "program", "public", "house"],
  bearer: ["person", "program", "public", "house"],
  basic: ["person", "program", "public", "house"],
  client_credentials: ["person", "program", "public", "house"],
  shared_account: ["person", "program", "public", "house"],
  own_account: ["person", "house"],
  own_key: ["person", "house"],
  identity: ["person", "program", "house"],
  token_exchange: ["person", "program", "house"],
  id_jag: ["person", "program", "house"],
};

test.each(Object.entries(open))("%s is open to %j", async (kind, kinds) => {
  const target = installation.target({ auth: { kind, username: "us" } as KnownAuth });
  const owners = [ada, program, stranger, house];
  const { credentials } = installation;
  expect(owners.filter((owner) => credentials.isOpenTo(target, owner)).map((owner) => owner.kind)).toEqual(
    kinds,
  );
  for (const owner of owners.filter((each) => !kinds.includes(each.kind))) {
    const closed = { code: "credentials_person_only", data: { server: "tools" } };
    expect(await faultOf(credentials.prepare(target, owner, live()))).toEqual(closed);
    expect(await faultOf(credentials.of(target, owner).refused(unauthorized, {}, live()))).toEqual(closed);
    expect(await credentials.identityOf(target, owner)).toBe("nobody");
  }
});

test("each person calls with an account of their own, the house reads with the admin's, and no other way round", async () => {
  const target = installation.target({ auth: { kind: "auto" }, asksForOAuth: true });
  const asked = { code: "link_required", data: { server: "tools", reason: "not_linked" } };
  expect(await faultOf(installation.credentials.prepare(target, ada, live()))).toEqual(asked);
  expect((await faultOf(headersOf(target, house))).code).toBe("credentials_missing");
  await link(target, shared, "admin's");
  await link(target, personal, "ada's");
  await installation.changes.flush();
  expect(await headersOf(target, ada)).toEqual({ authorization: "Bearer ada's" });
  expect(await headersOf(target, house)).toEqual({ authorization: "Bearer admin's" });
  expect(await faultOf(headersOf(target, bob))).toEqual(asked);
  expect((await faultOf(headersOf(target, program))).code).toBe("credentials_person_only");
});

test("programs use the admin's account where an admin says so; the public never does", async () => {
  const target = installation.target({ auth: { kind: "own_account", programs: "shared" } });
  await link(target, shared, "admin's");
  await installation.changes.flush();
  expect(await headersOf(target, program)).toEqual({ authorization: "Bearer admin's" });
  expect((await faultOf(headersOf(target, stranger))).code).toBe("credentials_person_only");
});

test("a shared account is everybody's, and an admin has to sign in when there is none", async () => {
  const target = installation.target({ auth: { kind: "shared_account" } });
  for (const owner of [ada, program, stranger, house])
    expect((await faultOf(headersOf(target, owner))).code).toBe("credentials_missing");
  await link(target, shared, "admin's");
  await installation.changes.flush();
  for (const owner of [ada, program, stranger, house])
    expect(await headersOf(target, owner)).toEqual({ authorization: "Bearer admin's" });
});

test("scopes that are missing are asked for, and a 403 about something else is the server's own answer", async () => {
  const target = installation.target({ auth: { kind: "own_account" } });
  await link(target, personal, "ada's");
  await installation.changes.flush();
  const credentials = installation.credentials.of(target, ada);
  const sent = await credentials.headers(call, live());
  const refuse = (challenge: string) => credentials.refused({ status: 403, challenge }, sent, live());
  expect(await refuse('Bearer error="forbidden", scope="write"')).toBe("final");
  expect(await refuse('Bearer error="insufficient_scope"')).toBe("final");
  expect(await faultOf(refuse('Bearer error="insufficient_scope", scope="read write"'))).toEqual({
    code: "link_required",
    data: { server: "tools", reason: "scope", scopes: ["read", "write"] },
  });
});

test("the account that requests are made with is told by its id", async () => {
  const target = installation.target({ auth: { kind: "own_account", programs: "shared" } });
  const hers = await link(target, personal, "ada's");
  const ofAll = await link(target, shared, "admin's");
  await installation.changes.flush();
  const { credentials } = installation;
  const named = [ada, bob, program, house, stranger].map((owner) => credentials.accountOf(target, owner));
  expect(await Promise.all(named)).toEqual([hers.id, undefined, ofAll.id, ofAll.id, undefined]);
  const given = installation.target({ auth: { kind: "bearer" }, secrets: { token: "t" } });
  expect(await credentials.accountOf(given, ada)).toBeUndefined();
});

test("who calls with the shared account is told which scopes an admin has to get", async () => {
  const target = installation.target({ auth: { kind: "shared_account" } });
  await link(target, shared, "admin's");
  await installation.changes.flush();
  const credentials = installation.credentials.of(target, ada);
  const sent = await credentials.headers(call, live());
  const challenge = 'Bearer error="insufficient_scope", scope="write all"';
  await expect(credentials.refused({ status: 403, challenge }, sent, live())).rejects.toMatchObject({
    code: "credentials_missing",
    message: `An admin has to allow more at ${target.title} for all: write all`,
    data: { server: "tools", reason: "scope", scopes: ["write", "all"] },
  });
});

test("keys stand where the server wants them, and lists are read with the admin's or with none", async () => {
  const keyed = (auth: object, secrets = {}) =>
    installation.target({ id: "srv_keys", auth: { kind: "own_key", ...auth }, secrets });
  const target = keyed({});
  await link(target, personal, "", { kind: "key", key: "k-1" });
  await installation.changes.flush();
  expect(await headersOf(target, ada)).toEqual({ authorization: "Bearer k-1" });
  expect(await headersOf(keyed({ header: "x-api-key" }), ada)).toEqual({ "x-api-key": "k-1" });
  expect(await headersOf(keyed({ header: "x-api-key", prefix: "Key " }), ada)).toEqual({
    "x-api-key": "Key k-1",
  });
  expect(await headersOf(keyed({ header: "x-api-key" }, { token: "admin" }), house)).toEqual({
    "x-api-key": "admin",
  });
  expect(await headersOf(keyed({}), house)).toEqual({});
  const refused = installation.credentials.of(keyed({}), house).refused(unauthorized, {}, live());
  expect((await faultOf(refused)).code).toBe("credentials_missing");
});

test("identity goes along with each request, for this server and this tool", async () => {
  const target = installation.target({ auth: { kind: "identity" }, url: "HTTPS://Tools.Example.com/mcp#x" });
  const tokens = await Promise.all([1, 2].map(() => headersOf(target, ada)));
  const [claims, others] = tokens.map(({ authorization = "" }) =>
    decodeJwt(authorization.replace("Bearer ", "")),
  );
  expect(claims).toMatchObject({
    iss: installation.credentials.identity.issuer,
    aud: "https://tools.example.com/mcp",
    sub: "usr_ada",
    email: "ada@example.com",
    portal: "main",
    method: "tools/call",
    tool: "write",
    act: { sub: "https://client.example/metadata.json" },
  });
  expect([claims?.["groups"], claims?.jti === others?.jti]).toEqual([undefined, false]);
  expect(await installation.credentials.of(target, ada).refused(unauthorized, {}, live())).toBe("final");
});

test("tokens of this installation come by its own client, once for all", async () => {
  await using server = await startAuthorizationServer();
  server.register({ id: "us", secret: "s & cret", grantTypes: ["client_credentials"] });
  const auth = {
    kind: "client_credentials",
    issuer: server.issuer,
    client: { id: "us" },
    scopes: ["read"],
  } as const;
  const settings = { auth, url: `${server.issuer}/mcp`, secrets: { clientSecret: "s & cret" } };
  const target = installation.target(settings);
  const all = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      headersOf(target, [ada, bob, program, stranger, house][index % 5] as Owner),
    ),
  );
  const [{ authorization = "" } = {}] = all;
  expect(all).toEqual(all.map(() => ({ authorization })));
  expect(await server.factsOf(authorization.replace("Bearer ", ""))).toMatchObject({
    clientId: "us",
    user: undefined,
  });
  expect(server.grants("client_credentials")).toBe(1);

  const wrong = installation.target({ ...settings, secrets: { clientSecret: "old" } });
  for (const owner of [ada, bob])
    expect((await faultOf(headersOf(wrong, owner))).code).toBe("upstream_client_refused");
  await expect.poll(() => refusedSecrets.splice(0)).toEqual([["tools", "authorization_server"]]);
});

test.each(["token_exchange", "id_jag"] as const)(
  "%s: who calls gets a token of their own there",
  async (kind) => {
    await using server = await startAssertionServer();
    const { identity } = installation.credentials;
    server.issuers.add(identity.issuer);
    for (const known of ["usr_ada", "tok_ci", "house"]) server.knows.add(known);
    const target = installation.target({
      auth: { kind, groups: true, issuer: server.issuer, client: { id: server.client.id }, scopes: ["read"] },
      secrets: { clientSecret: server.client.secret },
      url: server.resource,
    });
    const tokenOf = async (owner: Owner) =>
      (await headersOf(target, owner))["authorization"]?.replace("Bearer ", "") ?? "";
    const tokens = await Promise.all([ada, ada, program, house].map(tokenOf));
    expect(new Set(tokens).size).toBe(3);
    const facts = server.factsOf(tokens[0] ?? "");
    expect(facts).toMatchObject({
      grant: kind === "id_jag" ? "jwt-bearer" : "token-exchange",
      scope: "read",
      resource: server.resource,
      claims: {
        iss: identity.issuer,
        aud: server.issuer,
        sub: "usr_ada",
        email: "ada@example.com",
        groups: ["staff"],
        act: { sub: "https://client.example/metadata.json" },
        ...(kind === "id_jag" && { client_id: "installation", resource: server.resource, scope: "read" }),
      },
    });
    // It is good for every call of hers, so it says nothing of one.
    expect([facts?.claims["tool"], facts?.claims["portal"]]).toEqual([undefined, undefined]);
    expect((await fetch(server.resource, { headers: { authorization: `Bearer ${tokens[0]}` } })).status).toBe(
      200,
    );
    // What says who she is stays between the two.
    for (const jwt of server.taken) expect(tokens).not.toContain(jwt);

    expect((await faultOf(headersOf(target, bob))).code).toBe("identity_refused");
    server.answers.push({ status: 503, error: "temporarily_unavailable" });
    expect((await faultOf(headersOf(target, { ...ada, groups: ["other"] }))).code).toBe(
      "credentials_unavailable",
    );
    expect(await tokenOf(ada)).toBe(tokens[0]);
  },
);

test("another link is another identity, told in every replica; a refresh is not", async () => {
  const target = installation.target({ auth: { kind: "own_account" } });
  const other = await installation.replica();
  const changes: AccountChange[] = [];
  other.credentials.onChange((change) => changes.push(change));
  const identity = () => other.credentials.identityOf(target, ada);
  const told = async (count: number) => {
    await other.changes.flush();
    while (changes.length < count) await new Promise(setImmediate);
  };
  const before = await identity();
  const account = await link(target, personal, "one");
  await told(1);
  const first = await identity();
  await link(target, personal, "two");
  await told(2);
  const second = await identity();
  await installation.credentials.accounts.unlink(account.id);
  await told(3);
  expect(new Set([before, first, second]).size).toBe(3);
  expect(await identity()).toBe(before);
  expect(changes).toEqual(
    [first, second, before].map((each) => ({ targetId: target.id, owner: personal, identity: each })),
  );
  expect(await installation.credentials.identityOf(target, bob)).not.toBe(before);
});

test("an account that comes to need a sign-in goes on being the same one", async () => {
  const target = installation.target({ auth: { kind: "own_account" } });
  await link(target, personal, "one", { expiresAtMs: Date.now() - 1 });
  await installation.changes.flush();
  const { credentials } = installation;
  const changes: AccountChange[] = [];
  const before = await credentials.identityOf(target, ada);
  credentials.onChange((change) => changes.push(change));
  expect(await faultOf(headersOf(target, ada))).toEqual({
    code: "link_required",
    data: { server: "tools", reason: "needs_sign_in" },
  });
  await installation.changes.flush();
  expect(await credentials.identityOf(target, ada)).toBe(before);
  await link(target, personal, "two");
  await installation.changes.flush();
  while (changes.length < 1) await new Promise(setImmediate);
  expect(changes.map(({ identity }) => identity === before)).toEqual([false]);
});

test("an auto target is asked whether it wants OAuth", async () => {
  await using server = await startAssertionServer();
  const { credentials } = installation;
  const guarded = installation.target({ auth: { kind: "auto" }, url: server.resource });
  expect(await credentials.asksForOAuth(guarded, "Bearer", live())).toBe(true);
});
