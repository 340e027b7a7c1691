import {
  changeMigrations,
  createChangeFeed,
  recordChange,
  type ChangeFeed,
  type Database,
} from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createManualClock, isFault, type ManualClock } from "@castellan/kernel";
import { createOutbound, type Outbound } from "@castellan/web";
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload } from "jose";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { accessMigrations } from "../migrations.ts";
import { createPeople, type People } from "../people/people.ts";
import { startCompanyIdp, type CompanyIdp, type SignOptions } from "../testing/company-idp.ts";
import { signingAlgorithms } from "./algorithms.ts";
import { defaultClaimNames } from "./claims.ts";
import { createTrustedIssuerStore, type TrustedIssuerStore } from "./issuer-store.ts";
import { createIssuers, type Issuers } from "./issuers.ts";
import type { NewTrustedIssuer } from "./trusted-issuer.ts";

const audience = "https://mcp.example.com/p/work/mcp";

let idp: CompanyIdp;
let database: Database;
let changes: ChangeFeed;
let outbound: Outbound;
let clock: ManualClock;
let people: People;
let store: TrustedIssuerStore;
let issuers: Issuers;

beforeAll(async () => {
  idp = await startCompanyIdp();
  outbound = createOutbound();
});
afterAll(async () => {
  await outbound[Symbol.asyncDispose]();
  await idp[Symbol.asyncDispose]();
});
beforeEach(async () => {
  database = await createTestDatabase([changeMigrations, accessMigrations]);
  changes = await createChangeFeed({ database });
  clock = createManualClock(Date.now());
  people = createPeople({ database, clock });
  store = createTrustedIssuerStore({ database, clock });
  issuers = await createIssuers({ database, changes, outbound, people, clock });
});
afterEach(async () => {
  idp.instead.clear();
  await issuers[Symbol.asyncDispose]();
  await changes[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

function corp(over: Partial<NewTrustedIssuer> = {}): NewTrustedIssuer {
  return {
    slug: "corp",
    title: "Corp",
    issuer: idp.issuer,
    audience,
    directory: "workforce",
    claims: { ...defaultClaimNames, groups: "groups" },
    groupPrefix: "",
    allowedDomains: [],
    requiresVerifiedEmail: true,
    keptClaims: [],
    algorithms: signingAlgorithms,
    createsUsers: true,
    linksByEmail: false,
    allowPrivate: ["127.0.0.1"],
    isEnabled: true,
    ...over,
  };
}

async function trust(over: Partial<NewTrustedIssuer> = {}): Promise<void> {
  await store.add(corp(over));
  await changes.flush();
}

/** Claims of an access token, good for an hour. */
function good(over: Record<string, unknown> = {}): JWTPayload {
  const now = Math.floor(clock.now() / 1000);
  return {
    iss: idp.issuer,
    aud: audience,
    sub: "ada",
    ...idp.users["ada"],
    iat: now,
    exp: now + 3600,
    ...over,
  };
}

async function outcome(token: string, accepted: readonly string[] = ["corp"]): Promise<string> {
  return issuers.verify(token, accepted).then(
    () => "taken",
    (error: unknown) => (isFault(error) ? error.code : String(error)),
  );
}

async function outcomeOf(claims: JWTPayload, options?: SignOptions): Promise<string> {
  return outcome(await idp.sign(claims, options));
}

test("an access token that the company's server gave out is the person's, with groups and a time", async () => {
  await trust({ groupPrefix: "corp-" });
  const token = await idp.accessToken("ada", audience);
  const { principal, issuer, expiresAtMs } = await issuers.verify(token, ["corp"]);
  const user = await people.find("workforce", "ada@corp.example");
  expect({ principal, issuer }).toEqual({
    issuer: "corp",
    principal: {
      kind: "user",
      id: user?.id,
      name: "Ada",
      role: "member",
      email: "ada@corp.example",
      directory: "workforce",
      groups: ["corp-engineering"],
      scopes: undefined,
      grantId: undefined,
      clientId: "program",
      provider: "corp",
      amr: [],
      provedAtMs: undefined,
      claims: {},
    },
  });
  const { exp = 0 } = JSON.parse(
    Buffer.from(token.split(".")[1] ?? "", "base64url").toString(),
  ) as JWTPayload;
  expect(expiresAtMs).toBe((exp + 60) * 1000);
  // What a token names is the token's: it is not written down.
  expect(user?.groups).toEqual([]);
  expect((await issuers.verify(token, ["corp"])).principal.id).toBe(user?.id);
});

const seconds = () => Math.floor(clock.now() / 1000);

test.each<[string, () => JWTPayload, SignOptions?]>([
  ["for another audience", () => good({ aud: "https://mcp.example.com/p/other/mcp" })],
  ["for nobody in particular", () => good({ aud: undefined })],
  ["of another issuer", () => good({ iss: "https://login.example.org" })],
  ["whose issuer has a slash more", () => good({ iss: `${idp.issuer}/` })],
  ["without an end", () => good({ exp: undefined })],
  ["whose end is no number", () => good({ exp: "tomorrow" })],
  ["that is not good yet", () => good({ nbf: seconds() + 120 })],
  ["made in the future", () => good({ iat: seconds() + 120 })],
  ["that is an ID token", () => good({ at_hash: "x" })],
  ["that Cognito made to identify", () => good({ token_use: "id" })],
  ["that Keycloak made to refresh", () => good({ typ: "Refresh" })],
  ["that is bound to a key", () => good({ cnf: { jkt: "x" } })],
  ["of a logout", good, { typ: "logout+jwt" }],
  ["of a client's assertion", good, { typ: "client-authentication+jwt" }],
  [
    "with an extension that must be understood",
    good,
    { header: { crit: ["urn:example:ext"], "urn:example:ext": 1 } },
  ],
  ["of an unknown key", good, { kid: "somebody-else" }],
])("a token %s is refused", async (_, claims, options) => {
  await trust();
  expect(await outcomeOf(good())).toBe("taken");
  expect(await outcomeOf(claims(), options)).toBe("token_invalid");
});

test.each<[string, () => JWTPayload, SignOptions?]>([
  ["of a list of audiences", () => good({ aud: ["https://graph.example.com", audience] })],
  ["of a clock that is a little ahead", () => good({ iat: seconds() + 50, nbf: seconds() + 50 })],
  ["that ended within the skew of clocks", () => good({ exp: seconds() - 30 })],
  ["of RFC 9068", good, { typ: "at+jwt" }],
  ["of Okta", good, { typ: "application/okta-internal-at+jwt" }],
  ["that names no key, where there is one", good, { kid: null }],
])("a token %s is taken", async (_, claims, options) => {
  await trust();
  expect(await outcomeOf(claims(), options)).toBe("taken");
});

test("an expired token is told as that", async () => {
  await trust();
  expect(await outcomeOf(good({ exp: seconds() - 61 }))).toBe("token_expired");
});

test("who has no private key of the issuer makes no token, by whatever algorithm", async () => {
  await trust();
  const own = await generateKeyPair("RS256", { extractable: true });
  const [, payload = ""] = (await idp.sign(good())).split(".");
  const none = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${payload}.`;
  // The public key as the secret of a MAC: the classic confusion.
  const { keys } = (await (await fetch(`${idp.issuer}/jwks`)).json()) as { keys: object[] };
  const forged = [
    await idp.sign(good(), { key: own.privateKey }),
    await idp.sign(good(), { key: own.privateKey, header: { jwk: await exportJWK(own.publicKey) } }),
    await idp.sign(good(), { key: own.privateKey, header: { jku: `${idp.issuer}/jwks` } }),
    await idp.sign(good(), { alg: "HS256", key: Buffer.from(JSON.stringify(keys[0])) }),
    await idp.sign(good(), { alg: "HS256", key: Buffer.from(await exportSPKI(own.publicKey)) }),
    none,
    `${(await idp.sign(good())).slice(0, -8)}AAAAAAAA`,
  ];
  expect(await Promise.all(forged.map((token) => outcome(token)))).toEqual(forged.map(() => "token_invalid"));
});

test.each(["", ".", "..", "a.b.c", "e30.e30.", `e30.${"A".repeat(20_000)}.AA`, "\0", "e30.bnVsbA.AA"])(
  "what is no JWT is an invalid token: %j",
  async (text) => {
    await trust();
    expect(await outcome(text)).toBe("token_invalid");
  },
);

test("an algorithm that the admin did not name is refused", async () => {
  await trust({ algorithms: ["ES256"] });
  expect(await outcomeOf(good())).toBe("token_invalid");
});

test("a portal takes the issuers that it names, and none that is switched off or gone", async () => {
  await trust();
  const token = await idp.sign(good());
  expect(await outcome(token, [])).toBe("token_invalid");
  expect(await outcome(token, ["other"])).toBe("token_invalid");
  expect(await outcome(token, ["other", "corp"])).toBe("taken");
  await store.change("corp", { isEnabled: false });
  await changes.flush();
  expect(await outcome(token)).toBe("token_invalid");
  await store.change("corp", { isEnabled: true });
  await store.remove("corp");
  await changes.flush();
  expect(await outcome(token)).toBe("token_invalid");
});

test("two portals with audiences of their own take each their own tokens only", async () => {
  const other = "https://mcp.example.com/p/other/mcp";
  await trust();
  await trust({ slug: "corp-other", audience: other });
  const token = await idp.sign(good());
  expect(await outcome(token, ["corp-other"])).toBe("token_invalid");
  const both = await Promise.all([
    issuers.verify(token, ["corp"]),
    issuers.verify(await idp.sign(good({ aud: other })), ["corp-other"]),
  ]);
  expect(both[0].principal.id).toBe(both[1].principal.id);
});

test("a key that took the place of another is found; the one before is refused once the keys were read again", async () => {
  await trust();
  const before = await idp.sign(good());
  expect(await outcome(before)).toBe("taken");
  await idp.rotateKeys();
  const after = await idp.sign(good());
  clock.advance(10_000);
  expect([await outcome(after), await outcome(before)]).toEqual(["taken", "token_invalid"]);
});

test("made-up names of keys have the keys fetched once per ten seconds, however many come", async () => {
  await trust();
  expect(await outcomeOf(good())).toBe("taken");
  clock.advance(10_000);
  const asked = idp.asked("/jwks");
  const flood = await Promise.all(
    Array.from({ length: 100 }, async (_, at) => outcomeOf(good(), { kid: `made-up-${at}` })),
  );
  expect(new Set(flood)).toEqual(new Set(["token_invalid"]));
  expect(idp.asked("/jwks") - asked).toBe(1);
  expect(await outcomeOf(good())).toBe("taken");
});

test("while the issuer is away its keys serve on for an hour, and after that nobody is let in by them", async () => {
  await trust();
  expect(await outcomeOf(good())).toBe("taken");
  idp.instead.set("/jwks", (_, response) => response.writeHead(500).end());
  clock.advance(1_800_000);
  expect(await outcomeOf(good())).toBe("taken");
  clock.advance(1_800_000);
  expect(await outcomeOf(good())).toBe("token_check_unavailable");
  idp.instead.clear();
  clock.advance(10_000);
  expect(await outcomeOf(good())).toBe("taken");
});

test.each<[string, Partial<NewTrustedIssuer>, () => void]>([
  ["keys at a private address", {}, () => tellKeysAt("http://169.254.169.254/keys")],
  ["a redirect to one", {}, () => redirect("/.well-known/openid-configuration")],
  ["keys that redirect to one", {}, () => redirect("/jwks")],
  [
    "metadata of somebody else",
    {},
    () => tell({ issuer: "https://evil.example", jwks_uri: `${idp.issuer}/jwks` }),
  ],
  ["keys that are no keys", {}, () => tellKeys({ keys: "many" })],
  ["secret keys", {}, () => tellKeys({ keys: [{ kty: "oct", k: "AAAA", alg: "HS256" }] })],
  ["a flood of keys", {}, () => tellKeys({ keys: Array.from({ length: 101 }, () => ({ kty: "RSA" })) })],
  ["metadata without end", {}, () => tellKeys({ keys: [], padding: "x".repeat(200_000) })],
  ["no address that may be called", { allowPrivate: [] }, () => {}],
])("an issuer with %s lets nobody in", async (_, over, misbehave) => {
  misbehave();
  await trust(over);
  expect(["token_check_unavailable", "token_invalid"]).toContain(await outcomeOf(good()));
});

function tell(document: object): void {
  idp.instead.set("/.well-known/openid-configuration", (_, response) =>
    response.end(JSON.stringify(document)),
  );
}

function tellKeysAt(url: string): void {
  tell({ issuer: idp.issuer, jwks_uri: url });
}

function tellKeys(document: object): void {
  idp.instead.set("/jwks", (_, response) => response.end(JSON.stringify(document)));
}

function redirect(path: string): void {
  idp.instead.set(path, (_, response) =>
    response.writeHead(302, { location: "http://169.254.169.254/latest" }).end(),
  );
}

test("how and when they proved who they are, and what is kept of them, is what the token says", async () => {
  await trust({ keptClaims: ["department", "realm_access.roles"] });
  const nowSeconds = Math.floor(clock.now() / 1000);
  const said = async (claims: Record<string, unknown>) => {
    const token = await idp.sign(good(claims));
    const { amr, provedAtMs, claims: kept } = (await issuers.verify(token, ["corp"])).principal;
    return { amr, provedAtMs, claims: kept };
  };
  expect(
    await said({
      amr: ["pwd", "mfa", "pwd", 7, "\n"],
      auth_time: nowSeconds - 60,
      department: "Sales",
      realm_access: { roles: ["dev"] },
      level: 3,
    }),
  ).toEqual({
    amr: ["pwd", "mfa"],
    provedAtMs: (nowSeconds - 60) * 1000,
    claims: { department: "Sales", "realm_access.roles": ["dev"] },
  });
  const [ahead, odd] = [await said({ auth_time: nowSeconds + 3600 }), await said({ auth_time: "now" })];
  expect([ahead.provedAtMs, odd.provedAtMs]).toEqual([clock.now(), undefined]);
});

test("a suspended person's token lets nobody in, and neither does one for somebody without an account", async () => {
  await trust({ createsUsers: false });
  expect(await outcomeOf(good())).toBe("account_unknown");
  const { id } = await people.add(
    { directory: "workforce", email: "ada@corp.example", name: "Ada" },
    { by: "owner" },
  );
  expect(await outcomeOf(good())).toBe("taken");
  await people.change(id, { status: "suspended" }, { by: "owner" });
  expect(await outcomeOf(good())).toBe("account_suspended");
});

test("an address that is not verified, or that somebody has already, makes nobody that person", async () => {
  await trust();
  const owner = { directory: "workforce", email: "root@corp.example", name: "Root", role: "owner" } as const;
  await people.add(owner, { by: "owner" });
  const asRoot = { sub: "mallory", email: "root@corp.example" };
  expect(await outcomeOf(good({ ...asRoot, email_verified: true }))).toBe("account_unknown");
  await store.change("corp", { linksByEmail: true });
  await changes.flush();
  expect(await outcomeOf(good({ ...asRoot, email_verified: false }))).toBe("account_unknown");
  expect(await outcomeOf(good({ ...asRoot, email_verified: undefined }))).toBe("account_unknown");
  expect(await outcomeOf(good({ ...asRoot, email_verified: true }))).toBe("taken");
});

test("an issuer of customers knows no employee, whatever it says", async () => {
  await people.add(
    { directory: "workforce", email: "ada@corp.example", name: "Ada", groups: [] },
    { by: "owner" },
  );
  await trust({ directory: "customers", linksByEmail: true });
  const { principal } = await issuers.verify(await idp.sign(good()), ["corp"]);
  const { directory, role } = principal;
  expect({ directory, role }).toEqual({ directory: "customers", role: "member" });
  expect((await people.find("workforce", "ada@corp.example"))?.id).not.toBe(principal.id);
});

test.each([
  ["in one text", { scope: "openid portal:work portal:work:read okrs:write nonsense:x" }],
  ["in a list", { scope: ["portal:work", "portal:work:read", 42, "okrs:write"] }],
])("scopes %s bound what a token may do; what is none of ours says nothing", async (_, claims) => {
  await trust({ scopesClaim: "scope" });
  const { principal } = await issuers.verify(await idp.sign(good(claims)), ["corp"]);
  expect(principal.scopes).toEqual(["portal:work", "portal:work:read", "okrs:write"]);
});

test("a token without the claim of scopes may do nothing where there should be one", async () => {
  await trust({ scopesClaim: "scope" });
  const { principal } = await issuers.verify(await idp.sign(good()), ["corp"]);
  expect(principal.scopes).toEqual([]);
});

test("tokens with other groups leave each other and the person alone", async () => {
  await trust();
  const groupsOf = async (groups: unknown) =>
    (await issuers.verify(await idp.sign(good({ groups })), ["corp"])).principal.groups;
  expect(await groupsOf(["b", "a"])).toEqual(["a", "b"]);
  expect(await groupsOf(["c"])).toEqual(["c"]);
  expect((await people.find("workforce", "ada@corp.example"))?.groups).toEqual([]);
});

test("a subject that is called by another claim from now on is nobody of before", async () => {
  await trust();
  const first = await issuers.verify(await idp.sign(good({ sub: "1", oid: "2" })), ["corp"]);
  await store.change("corp", { claims: { ...defaultClaimNames, subject: "oid" } });
  await changes.flush();
  const other = await issuers.verify(
    await idp.sign(good({ sub: "9", oid: "1", email: "other@corp.example" })),
    ["corp"],
  );
  expect(other.principal.id).not.toBe(first.principal.id);
});

test("a change is taken up though it is told while another one is read", async () => {
  await trust();
  await Promise.all([
    store.change("corp", { title: "One" }),
    database.transaction((tx) => recordChange(tx, "issuers", "corp")),
    store.change("corp", { isEnabled: false }),
  ]);
  await changes.flush();
  expect(await outcomeOf(good())).toBe("token_invalid");
});
