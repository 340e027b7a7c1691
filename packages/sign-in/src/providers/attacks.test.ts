/** What others may try on the way through a provider: with their own browsers, accounts, providers and claims. */
import { startCompanyIdp, type CompanyIdp } from "@castellan/access/testing";
import { sql } from "@castellan/database";
import { exportSPKI, generateKeyPair, importJWK, type CryptoKey, type JWK, type JWTPayload } from "jose";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { NewProvider } from "./provider.ts";
import { createScene, publicUrl, type Scene } from "./testing/scene.ts";
import { waysPerMinute } from "./way-limit.ts";

let scene: Scene;
let idp: CompanyIdp;

beforeEach(async () => {
  scene = await createScene();
  ({ idp } = scene);
});
afterEach(() => scene[Symbol.asyncDispose]());

const stale = { status: 403, code: "sign_in_stale", location: null };
const invalid = { status: 502, code: "provider_answer_invalid", location: null };
const unknown = { status: 403, code: "account_unknown", location: null };

test("mix-up: what one provider answers is taken at its own address only, and goes to no other", async () => {
  await using evil = await startCompanyIdp();
  await scene.add();
  await scene.add({ slug: "evil", title: "Evil" }, evil);
  const visitor = scene.newVisitor();
  const back = await idp.signIn(await visitor.leave("corp"), "ada");
  const atEvil = new URL(back);
  atEvil.pathname = "/sign-in/callback/evil";
  expect(await visitor.open(atEvil)).toMatchObject(stale);
  expect(evil.asked("/token")).toBe(0);
  expect(await visitor.open(back)).toMatchObject({ status: 303 });
});

test.each([
  ["another issuer", (url: URL) => url.searchParams.set("iss", "https://evil.example")],
  ["an issuer that is the same but for a slash", (url: URL) => url.searchParams.set("iss", `${idp.issuer}/`)],
  ["no issuer, though it announces to name it", (url: URL) => url.searchParams.delete("iss")],
  ["two issuers", (url: URL) => url.searchParams.append("iss", idp.issuer)],
  ["two codes", (url: URL) => url.searchParams.append("code", "x")],
  ["no code", (url: URL) => url.searchParams.delete("code")],
])("RFC 9207: an answer with %s is not redeemed", async (_, change) => {
  await scene.add();
  const visitor = scene.newVisitor();
  const back = await idp.signIn(await visitor.leave("corp"), "ada");
  change(back);
  expect(await visitor.open(back)).toMatchObject(invalid);
  expect(idp.asked("/token")).toBe(0);
});

test("login CSRF: nobody is signed in by an answer that another browser asked for", async () => {
  await scene.add();
  const [mallory, victim, stranger] = [scene.newVisitor(), scene.newVisitor(), scene.newVisitor()];
  const back = await idp.signIn(await mallory.leave("corp"), "bob");
  await victim.leave("corp");
  expect([await victim.open(back), await stranger.open(back)]).toMatchObject([stale, stale]);
  expect([await victim.signedIn(), await stranger.signedIn()]).toEqual([undefined, undefined]);
});

test("code injection: a code that was given for another browser's request is worth nothing", async () => {
  await scene.add();
  const [mallory, victim] = [scene.newVisitor(), scene.newVisitor()];
  const stolen = await idp.signIn(await victim.leave("corp"), "ada");
  const own = await idp.signIn(await mallory.leave("corp"), "bob");
  own.searchParams.set("code", stolen.searchParams.get("code") ?? "");
  expect(await mallory.open(own)).toMatchObject(invalid);
  expect(await mallory.signedIn()).toBeUndefined();
});

test.each([
  ["none", (url: URL) => url.searchParams.delete("state")],
  ["another", (url: URL) => url.searchParams.set("state", "A".repeat(43))],
  ["two", (url: URL) => url.searchParams.append("state", "A".repeat(43))],
  ["a very long one", (url: URL) => url.searchParams.set("state", "A".repeat(5_000))],
])("an answer with a state that was not made here is not looked at: %s", async (_, change) => {
  await scene.add();
  const visitor = scene.newVisitor();
  const back = await idp.signIn(await visitor.leave("corp"), "ada");
  change(back);
  expect(await visitor.open(back)).toMatchObject(stale);
});

test("an answer that comes twenty times at once is taken once", async () => {
  await scene.add();
  const visitor = scene.newVisitor();
  const back = await idp.signIn(await visitor.leave("corp"), "ada");
  const answers = await Promise.all(Array.from({ length: 20 }, () => visitor.open(back)));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([303, ...Array<number>(19).fill(403)]);
  expect(idp.asked("/token")).toBe(1);
});

test("an answer that comes after ten minutes is not taken", async () => {
  await scene.add();
  const visitor = scene.newVisitor();
  const back = await idp.signIn(await visitor.leave("corp"), "ada");
  scene.clock.advance(600_000);
  expect(await visitor.open(back)).toMatchObject(stale);
});

test.each([
  "https://evil.example/",
  "//evil.example/oauth/",
  "/\\evil.example/oauth/",
  "/oauth/../../evil",
  "/oauth//evil.example",
  "javascript:alert(1)",
  "/oauth/\r\nLocation: https://evil.example",
  "/elsewhere",
])("open redirect: whoever is sent to sign in for %j ends at their account", async (to) => {
  await scene.add();
  const visitor = scene.newVisitor();
  const url = await visitor.leave("corp", `?${new URLSearchParams({ to })}`);
  const { location } = await visitor.open(await idp.signIn(url, "ada"));
  expect(location).toBe("/account");
});

test("session fixation: a browser has another secret after signing in than before", async () => {
  await scene.add();
  const visitor = scene.newVisitor();
  const held: string[] = [];
  for (const user of ["ada", "ada", "bob"]) {
    await visitor.signIn("corp", idp, user);
    held.push(visitor.cookies.get("castellan-80-session") ?? "");
  }
  expect(new Set(held).size).toBe(3);
  expect(held).not.toContain("");
});

const now = () => Math.floor(Date.now() / 1000);

test.each<[string, (claims: JWTPayload) => JWTPayload | Promise<string>]>([
  ["of another issuer", (claims) => ({ ...claims, iss: "https://evil.example" })],
  ["for another client", (claims) => ({ ...claims, aud: "somebody-else" })],
  ["for us among others, without saying for whom", (claims) => ({ ...claims, aud: ["castellan", "other"] })],
  [
    "for us among others, made for another",
    (claims) => ({ ...claims, aud: ["castellan", "other"], azp: "other" }),
  ],
  ["with another nonce", (claims) => ({ ...claims, nonce: "A".repeat(43) })],
  ["without a nonce", (claims) => ({ ...claims, nonce: undefined })],
  ["that has expired", (claims) => ({ ...claims, iat: now() - 600, exp: now() - 120 })],
  ["without an end", (claims) => ({ ...claims, exp: undefined as unknown as number })],
  ["without a subject", (claims) => ({ ...claims, sub: undefined as unknown as string })],
  ["without a signature", async (claims) => unsigned(claims)],
  [
    "signed with the client's secret",
    (claims) => idp.sign(claims, { alg: "HS256", key: Buffer.from(idp.clientSecret) }),
  ],
  ["signed with the public key as a secret", async (claims) => withPublicKey(claims)],
  ["signed with another key", async (claims) => withKey(claims, "key-1")],
  ["signed with a key that nobody published", async (claims) => withKey(claims, "key-9")],
])("an ID token %s signs nobody in", async (_, change) => {
  await scene.add();
  idp.idToken = change;
  const visitor = scene.newVisitor();
  expect(await visitor.signIn("corp", idp, "ada")).toMatchObject(invalid);
  expect(await visitor.signedIn()).toBeUndefined();
  expect(await scene.people.find("workforce", "ada@corp.example")).toBeUndefined();
});

function unsigned(claims: JWTPayload): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none" })}.${part(claims)}.`;
}

async function withKey(claims: JWTPayload, kid: string): Promise<string> {
  const { privateKey } = await generateKeyPair("RS256");
  return idp.sign(claims, { key: privateKey, kid });
}

async function withPublicKey(claims: JWTPayload): Promise<string> {
  const { keys } = (await (await fetch(`${idp.issuer}/jwks`)).json()) as { keys: JWK[] };
  const key = (await importJWK(keys[0] as JWK, "RS256")) as CryptoKey;
  return idp.sign(claims, { alg: "HS256", key: Buffer.from(await exportSPKI(key)) });
}

test("a provider that announces MACs for its ID tokens does not get them taken by that", async () => {
  await scene.add();
  await announce({ id_token_signing_alg_values_supported: ["HS256", "none", "RS256"] });
  idp.idToken = (claims) => idp.sign(claims, { alg: "HS256", key: Buffer.from(idp.clientSecret) });
  expect(await scene.newVisitor().signIn("corp", idp, "ada")).toMatchObject(invalid);
});

test("a provider whose signing key changed signs people in by the new one, and by the old one no more", async () => {
  await scene.add();
  expect(await scene.newVisitor().signIn("corp", idp, "ada")).toMatchObject({ status: 303 });
  const old = await idp.sign({});
  await idp.rotateKeys();
  scene.clock.advance(10_000);
  expect(await scene.newVisitor().signIn("corp", idp, "ada")).toMatchObject({ status: 303 });
  const [header] = old.split(".");
  expect(JSON.parse(Buffer.from(header ?? "", "base64url").toString())).toEqual({
    alg: "RS256",
    kid: "key-1",
  });
  idp.idToken = (claims) => idp.sign(claims, { kid: "key-1" });
  expect(await scene.newVisitor().signIn("corp", idp, "ada")).toMatchObject(invalid);
});

async function announce(over: object): Promise<void> {
  const path = "/.well-known/openid-configuration";
  const document = (await (await fetch(idp.issuer + path)).json()) as object;
  idp.instead.set(path, (_, response) => response.end(JSON.stringify({ ...document, ...over })));
}

const metadataService = "http://169.254.169.254/latest/meta-data";

test.each([
  ["authorization endpoint is a script", { authorization_endpoint: "javascript:alert(1)" }],
  ["authorization endpoint is a private address", { authorization_endpoint: metadataService }],
  ["token endpoint is a private address", { token_endpoint: metadataService }],
  ["token endpoint holds credentials", { token_endpoint: "https://user:pass@corp.example/" }],
  ["keys are at a private address", { jwks_uri: metadataService }],
  ["UserInfo endpoint is a private address", { userinfo_endpoint: "http://[::ffff:169.254.169.254]/" }],
  ["issuer is another", { issuer: "https://evil.example" }],
  ["codes are not to be had", { response_types_supported: ["token"] }],
  ["PKCE is plain", { code_challenge_methods_supported: ["plain"] }],
  ["signatures are MACs", { id_token_signing_alg_values_supported: ["HS256"] }],
])("a provider whose %s is not asked for anything", async (_, over) => {
  await scene.add();
  await announce(over);
  expect(await scene.newVisitor().open("/sign-in/with/corp")).toMatchObject(invalid);
  expect(idp.asked("/auth")).toBe(0);
});

test.each(["/.well-known/openid-configuration", "/token", "/jwks"])(
  "a redirect of a provider's %s is not followed to where it leads",
  async (path) => {
    await scene.add();
    let followed = 0;
    idp.instead.set("/elsewhere", (_, response) => {
      followed += 1;
      response.end("{}");
    });
    idp.instead.set(path, (_, response) =>
      response.writeHead(307, { location: `${idp.issuer}/elsewhere` }).end(),
    );
    const visitor = scene.newVisitor();
    const begun = await visitor.open("/sign-in/with/corp");
    const answer =
      begun.location === null ? begun : await visitor.open(await idp.signIn(begun.location, "ada"));
    expect({ answer, followed }).toMatchObject({ answer: invalid, followed: 0 });
  },
);

test("a provider that fails is told as that", async () => {
  await scene.add();
  const visitor = scene.newVisitor();
  const back = await idp.signIn(await visitor.leave("corp"), "ada");
  idp.instead.set("/token", (_, response) => response.writeHead(500).end());
  expect(await visitor.open(back)).toMatchObject({ status: 502, code: "issuer_unavailable" });
});

test("nobody waits for a provider that hangs for longer than they have to", async () => {
  await using hasty = await createScene({ timeoutMs: 1_000 });
  await hasty.add();
  const visitor = hasty.newVisitor();
  const back = await hasty.idp.signIn(await visitor.leave("corp"), "ada");
  hasty.idp.instead.set("/token", () => {});
  expect(await visitor.open(back)).toMatchObject({ status: 502, code: "issuer_unavailable" });
});

test.each([
  ["HTML", "<html>"],
  ["nothing", ""],
  ["a list", "[]"],
  ["a flood", "x".repeat(400_000)],
  ["no ID token", '{"access_token":"x","token_type":"bearer"}'],
])("a token endpoint that answers with %s signs nobody in", async (_, body) => {
  await scene.add();
  const visitor = scene.newVisitor();
  const back = await idp.signIn(await visitor.leave("corp"), "ada");
  idp.instead.set("/token", (__, response) =>
    response.writeHead(200, { "content-type": "application/json" }).end(body),
  );
  expect(await visitor.open(back)).toMatchObject(invalid);
});

test("a UserInfo answer about somebody else signs nobody in", async () => {
  await scene.add();
  idp.idToken = (claims) => ({ ...claims, email: undefined });
  idp.instead.set("/me", (_, response) =>
    response
      .writeHead(200, { "content-type": "application/json" })
      .end(JSON.stringify({ sub: "bob", email: "bob@corp.example", email_verified: true })),
  );
  expect(await scene.newVisitor().signIn("corp", idp, "ada")).toMatchObject(invalid);
});

const root = { directory: "workforce", email: "root@corp.example", name: "Root", role: "owner" } as const;

const byUpn = { subject: "sub", email: "upn", name: "name" };

test.each<[string, Partial<NewProvider>, object]>([
  ["verified, of a provider that links nobody", {}, { email_verified: true }],
  ["not verified", { linksByEmail: true }, { email_verified: false }],
  ["of which nothing is said", { linksByEmail: true }, {}],
  ["verified in a word that is none", { linksByEmail: true }, { email_verified: "yes" }],
  [
    "in a claim that people write themselves",
    { linksByEmail: true, claims: byUpn },
    { upn: root.email, email_verified: true },
  ],
  [
    "verified, for the other directory",
    { linksByEmail: true, directory: "customers" },
    { email_verified: true },
  ],
])("takeover: an owner's address, %s, makes nobody the owner", async (_, over, claims) => {
  await scene.people.add(root, { by: "owner" });
  await scene.add(over);
  idp.users["mallory"] = { email: root.email, name: "Mallory", ...claims };
  idp.idToken = (told) => ({ ...told, email_verified: undefined, ...claims });
  const visitor = scene.newVisitor();
  const answer = await visitor.signIn("corp", idp, "mallory");
  const signedIn = await visitor.signedIn();
  if (over.directory === "customers")
    expect(signedIn?.user).toMatchObject({ directory: "customers", role: "member" });
  else expect([answer, signedIn]).toMatchObject([unknown, undefined]);
});

test("linking: an admin who lets a provider link gets people by their verified address; whom they added comes in anyway", async () => {
  const owner = await scene.people.add(root, { by: "owner" });
  const developer = await scene.people.add(
    { directory: "workforce", email: "Ada@Corp.example", name: "Ada L.", role: "developer" },
    { by: "owner" },
  );
  await scene.add({ createsUsers: false });
  const ada = scene.newVisitor();
  await ada.signIn("corp", idp, "ada");
  expect((await ada.signedIn())?.user).toMatchObject({ id: developer.id, role: "developer", name: "Ada L." });
  expect(await scene.newVisitor().signIn("corp", idp, "bob")).toMatchObject(unknown);
  await scene.store.change("corp", { linksByEmail: true });
  idp.users["root"] = { email: root.email, email_verified: true };
  const visitor = scene.newVisitor();
  await visitor.signIn("corp", idp, "root");
  expect((await visitor.signedIn())?.user.id).toBe(owner.id);
});

test("a flood of ways that nobody comes back from fills no disk, and closes no other door", async () => {
  await scene.add();
  const visitor = scene.newVisitor();
  const begun = [];
  for (let number = 0; number < waysPerMinute + 3; number += 1)
    begun.push((await visitor.open("/sign-in/with/corp")).status);
  expect([begun.filter((status) => status === 303).length, begun.slice(waysPerMinute)]).toEqual([
    waysPerMinute,
    [429, 429, 429],
  ]);
  expect(await scene.database.query(sql`select count(*) as ways from sign_in_flows`)).toEqual([
    { ways: waysPerMinute },
  ]);
  expect((await visitor.open("/sign-in?local=1")).status).toBe(200);
});

test("another provider's person of the same name is somebody else", async () => {
  await using partner = await startCompanyIdp();
  await scene.add();
  await scene.add({ slug: "partner" }, partner);
  const visitor = scene.newVisitor();
  await visitor.signIn("corp", idp, "ada");
  // The same subject, the same verified address.
  expect(await scene.newVisitor().signIn("partner", partner, "ada")).toMatchObject(unknown);
  partner.users["ada"] = { email: "ada@partner.example", email_verified: true };
  const other = scene.newVisitor();
  await other.signIn("partner", partner, "ada");
  expect((await other.signedIn())?.user.id).not.toBe((await visitor.signedIn())?.user.id);
});

test("a suspended person does not come in, and what they had is over", async () => {
  await scene.add();
  const visitor = scene.newVisitor();
  await visitor.signIn("corp", idp, "ada");
  const { id } = (await visitor.signedIn())?.user ?? { id: undefined };
  await scene.people.change(id as NonNullable<typeof id>, { status: "suspended" }, { by: "owner" });
  expect(await visitor.signedIn()).toBeUndefined();
  expect(await visitor.signIn("corp", idp, "ada")).toMatchObject({ status: 403, code: "account_suspended" });
});

test("what a provider of customers says of groups puts nobody into a group of employees", async () => {
  await scene.add({ directory: "customers" });
  idp.users["mallory"] = { email: "m@evil.example", email_verified: true, groups: ["admins"] };
  const visitor = scene.newVisitor();
  await visitor.signIn("corp", idp, "mallory");
  expect((await visitor.signedIn())?.user).toMatchObject({
    directory: "customers",
    role: "member",
    groups: ["admins"],
  });
  expect((await scene.people.page({ group: "admins", directory: "workforce", limit: 10 })).items).toEqual([]);
});

test.each([
  [
    "a name that is long, controls and turns around",
    { name: `\u202E\0\n${"x".repeat(20_000)}` },
    "x".repeat(128),
  ],
  ["a name that is a script", { name: "<script>alert(1)</script>" }, "<script>alert(1)</script>"],
  ["a name that is an object", { name: { toString: "x" } }, "ada@corp.example"],
  ["groups that are a number", { groups: 42 }, "Ada"],
  ["groups of all sorts", { groups: [1, null, {}, ["a"], "\0", "", " ", "x".repeat(200)] }, "Ada"],
])("hostile claims: %s", async (_, claims, name) => {
  await scene.add();
  idp.idToken = (told) => ({ ...told, groups: [], ...claims });
  const visitor = scene.newVisitor();
  expect(await visitor.signIn("corp", idp, "ada")).toMatchObject({ status: 303 });
  expect((await visitor.signedIn())?.user).toMatchObject({ name, groups: [] });
});

test.each([{ sub: "\0" }, { sub: "x".repeat(256) }, { sub: "a\nb" }, { sub: "\u202Eada" }])(
  "hostile claims: nobody has the subject %j",
  async (claims) => {
    await scene.add();
    idp.idToken = (told) => ({ ...told, ...claims });
    expect(await scene.newVisitor().signIn("corp", idp, "ada")).toMatchObject({
      status: 403,
      code: "claims_refused",
    });
  },
);

test.each([{ amr: "pwd" }, { amr: [1, "\0", "x".repeat(65), ""] }, { amr: null }, {}])(
  "hostile claims: methods that are none are left out: %j",
  async (claims) => {
    await scene.add();
    idp.idToken = (told) => ({ ...told, amr: undefined, ...claims });
    const visitor = scene.newVisitor();
    await visitor.signIn("corp", idp, "ada");
    expect((await visitor.signedIn())?.session.amr).toEqual([]);
  },
);

test("a foreign host in a request is in no address that a provider is told", async () => {
  await scene.add();
  const url = await scene.newVisitor().leave("corp");
  expect(url.searchParams.get("redirect_uri")).toBe(`${publicUrl}/sign-in/callback/corp`);
  expect(await scene.askAs("evil.example", "/sign-in/with/corp")).toEqual({ status: 421, location: null });
});
