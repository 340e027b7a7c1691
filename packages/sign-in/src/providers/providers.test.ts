import { sql } from "@castellan/database";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createScene, type Scene } from "./testing/scene.ts";

let scene: Scene;

beforeEach(async () => {
  scene = await createScene();
});
afterEach(async () => {
  expect(scene.errors).toEqual([]);
  await scene[Symbol.asyncDispose]();
});

test("the request to a provider is what it should be, and nothing in it says who it is", async () => {
  await scene.add();
  const visitor = scene.newVisitor();
  const url = await visitor.leave("corp", "?to=%2Foauth%2Fauthorize%3Fclient_id%3Dx");
  const { state, nonce, code_challenge, ...rest } = Object.fromEntries(url.searchParams);
  expect({ at: url.origin + url.pathname, rest }).toEqual({
    at: `${scene.idp.issuer}/auth`,
    rest: {
      client_id: "castellan",
      response_type: "code",
      redirect_uri: "http://localhost/sign-in/callback/corp",
      scope: "openid email profile",
      code_challenge_method: "S256",
      claims: '{"id_token":{"amr":null}}',
    },
  });
  expect(new Set([state, nonce, code_challenge]).size).toBe(3);
  for (const secret of [state, nonce, code_challenge]) expect(secret).toMatch(/^[\w-]{43}$/);
});

test("somebody new comes in, with name, groups and how they proved it, and goes on to where they were going", async () => {
  await scene.add({ groupPrefix: "corp:" });
  scene.idp.amr = ["pwd", "otp", "mfa"];
  const visitor = scene.newVisitor();
  const url = await visitor.leave("corp", "?to=%2Foauth%2Fauthorize%3Fclient_id%3Dx");
  const back = await scene.idp.signIn(url, "bob");
  expect(await visitor.open(back)).toMatchObject({ status: 303, location: "/oauth/authorize?client_id=x" });
  const { user, session } = (await visitor.signedIn()) ?? {};
  expect(user).toMatchObject({
    email: "bob@corp.example",
    name: "Bob",
    role: "member",
    directory: "workforce",
    groups: ["corp:everyone", "corp:sales"],
  });
  expect(session).toMatchObject({ provider: "corp", amr: ["pwd", "otp", "mfa"] });
});

test("who comes again is the same person, with the groups of now", async () => {
  await scene.add();
  const first = scene.newVisitor();
  await first.signIn("corp", scene.idp, "bob");
  scene.idp.users["bob"] = {
    email: "robert@corp.example",
    email_verified: true,
    name: "Robert",
    groups: ["it"],
  };
  const second = scene.newVisitor();
  await second.signIn("corp", scene.idp, "bob");
  const [before, after] = [await first.signedIn(), await second.signedIn()];
  expect(after?.user.id).toBe(before?.user.id);
  expect(after?.user.groups).toEqual(["it"]);
  // A provider that leaves the claim out says that there are none.
  scene.idp.users["bob"] = { email: "robert@corp.example", email_verified: true };
  await second.signIn("corp", scene.idp, "bob");
  expect((await second.signedIn())?.user.groups).toEqual([]);
});

test("what is to be kept of somebody is kept, wherever the provider says it, and forgotten when it no longer is", async () => {
  await scene.add({ keptClaims: ["tid", "amr"] });
  scene.idp.amr = ["pwd", "mfa"];
  scene.idp.users["bob"] = { ...scene.idp.users["bob"], tid: "t-1", oid: "o-1" };
  const visitor = scene.newVisitor();
  await visitor.signIn("corp", scene.idp, "bob");
  const kept = async () =>
    scene.database.query<{ subject: string; claims: object }>(sql`select subject, claims from identities`);
  const subject = (await visitor.signedIn())?.session.subject;
  expect(await kept()).toEqual([{ subject, claims: { amr: ["pwd", "mfa"], tid: "t-1" } }]);
  await scene.store.change("corp", { keptClaims: ["amr"] });
  expect(await kept()).toEqual([{ subject, claims: { amr: ["pwd", "mfa"] } }]);
});

test("what the ID token does not say is asked for at the UserInfo endpoint", async () => {
  await scene.add();
  scene.idp.idToken = (claims) => ({ ...claims, name: undefined, email: undefined, groups: undefined });
  const visitor = scene.newVisitor();
  await visitor.signIn("corp", scene.idp, "ada");
  expect((await visitor.signedIn())?.user).toMatchObject({
    email: "ada@corp.example",
    name: "Ada",
    groups: ["engineering"],
  });
  expect(scene.idp.asked("/me")).toBe(1);
});

test.each([
  ["the same address", "eve@corp.example", "eve@corp.example"],
  ["another address", "root@corp.example", undefined],
])("that UserInfo calls an address verified counts for that address: %s", async (_, email, known) => {
  await scene.add({ claims: { subject: "sub", email: "email", name: "name" } });
  scene.idp.users["eve"] = { email: "eve@corp.example", email_verified: true, name: "Eve" };
  scene.idp.idToken = (claims) => ({ ...claims, email, email_verified: undefined });
  const visitor = scene.newVisitor();
  await visitor.signIn("corp", scene.idp, "eve");
  expect((await visitor.signedIn())?.user.email).toBe(known);
});

test("a fresh proof is asked for, and must have been given", async () => {
  await scene.add();
  const visitor = scene.newVisitor();
  const url = await visitor.leave("corp", "?to=%2Faccount&again=1");
  expect([url.searchParams.get("prompt"), url.searchParams.get("max_age")]).toEqual(["login", "0"]);
  expect(await visitor.open(await scene.idp.signIn(url, "ada"))).toMatchObject({
    status: 303,
    location: "/account",
  });
  const hourAgo = Math.floor(Date.now() / 1000) - 3600;
  for (const auth_time of [hourAgo, undefined]) {
    scene.idp.idToken = (claims) => ({ ...claims, auth_time: auth_time as number });
    const again = await scene.idp.signIn(await visitor.leave("corp", "?again=1"), "ada");
    expect(await visitor.open(again)).toMatchObject({ status: 403, code: "sign_in_not_fresh" });
  }
});

test("whom the provider has sent straight back has proved nothing just now", async () => {
  await scene.add();
  const visitor = scene.newVisitor();
  const now = scene.clock.now();
  const said = (auth_time: number | undefined) => {
    scene.idp.idToken = (claims) => ({ ...claims, auth_time: auth_time as number });
    return visitor.signIn("corp", scene.idp, "ada");
  };
  const provedAgoMs = async () => {
    const { session } = (await visitor.signedIn()) ?? {};
    return now - Date.parse(String(session?.authenticatedAt));
  };
  const twoHours = 7200;
  await said(Math.floor(now / 1000) - twoHours);
  expect(await provedAgoMs()).toBe(twoHours * 1000 + (now % 1000));
  // Without its word it was longer ago than counts as fresh.
  visitor.cookies.clear();
  await said(undefined);
  expect(await provedAgoMs()).toBe(3600_000);
  await said(1e300);
  expect(await provedAgoMs()).toBe(0);
});

test.each([
  [undefined, "login", "login"],
  [["none", "login"], "login", "login"],
  [["login", "select_account"], "select_account", "login"],
  [["consent", "select_account"], "select_account", "select_account"],
  [["none"], "login", "login"],
])(
  "of a provider that knows %j, %s lets them choose who they are, and %s has them prove it",
  async (values, other, again) => {
    scene.idp.instead.set("/.well-known/openid-configuration", (_, response) => {
      const { issuer } = scene.idp;
      response.setHeader("content-type", "application/json").end(
        JSON.stringify({
          issuer,
          authorization_endpoint: `${issuer}/auth`,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/jwks`,
          prompt_values_supported: values,
        }),
      );
    });
    await scene.add();
    const askedBy = async (query: string) => {
      const { searchParams } = await scene.newVisitor().leave("corp", query);
      return [searchParams.get("prompt"), searchParams.get("max_age")];
    };
    expect(await askedBy("?other=1")).toEqual([other, null]);
    expect(await askedBy("?again=1")).toEqual([again, "0"]);
    expect(await askedBy("?again=1&other=1")).toEqual([again, "0"]);
    expect(await askedBy("")).toEqual([null, null]);
  },
);

test("whoever is not let in can begin again for what they came for, or come as somebody else", async () => {
  await scene.add({ createsUsers: false });
  const visitor = scene.newVisitor();
  const backFor = async (user: string | undefined, query = "?to=%2Foauth%2Fx") => {
    const way = await scene.idp.signIn(await visitor.leave("corp", query), user);
    const { code, back } = await visitor.open(way);
    return [code, ...back];
  };
  expect(await backFor(undefined)).toEqual(["sign_in_declined", "/sign-in?to=%2Foauth%2Fx", undefined]);
  expect(await backFor("ada")).toEqual([
    "account_unknown",
    "/sign-in?to=%2Foauth%2Fx&other=1",
    "Sign in as somebody else",
  ]);
  expect(await backFor("ada", "?to=%2F%2Fevil.example&again=1")).toEqual([
    "account_unknown",
    "/sign-in?to=%2Faccount&again=1&other=1",
    "Sign in as somebody else",
  ]);
});

test("of two tabs both come back", async () => {
  await scene.add();
  const visitor = scene.newVisitor();
  const tabs = [await visitor.leave("corp"), await visitor.leave("corp", "?to=%2Foauth%2Fx")];
  const answers = [];
  for (const tab of tabs) answers.push(await visitor.open(await scene.idp.signIn(tab, "ada")));
  expect(answers.map(({ location }) => location)).toEqual(["/account", "/oauth/x"]);
});

test("who says no at the provider is told so, without the provider's words", async () => {
  await scene.add();
  const answer = await scene.newVisitor().signIn("corp", scene.idp, undefined);
  expect(answer).toMatchObject({ status: 403, code: "sign_in_declined" });
  expect(answer.detail).not.toContain("thanks");
});

test.each(["nobody", "UPPER", "x%00y", "a".repeat(500)])("there is no provider %j", async (slug) => {
  await scene.add();
  expect(await scene.newVisitor().open(`/sign-in/with/${slug}`)).toMatchObject({
    status: 404,
    code: "provider_unknown",
  });
});

test("a provider that is switched off lets nobody in, not even who is on the way", async () => {
  await scene.add();
  const visitor = scene.newVisitor();
  const back = await scene.idp.signIn(await visitor.leave("corp"), "ada");
  await scene.store.change("corp", { isEnabled: false });
  expect(await visitor.open(back)).toMatchObject({ status: 404, code: "provider_unknown" });
  expect(await visitor.open("/sign-in/with/corp")).toMatchObject({ status: 404, code: "provider_unknown" });
});

test("a public client, and one whose secret goes into the body, come in as well", async () => {
  await scene.add({ clientSecret: undefined });
  expect(await scene.newVisitor().signIn("corp", scene.idp, "ada")).toMatchObject({
    code: "provider_answer_invalid",
  });
  await scene.store.change("corp", { clientSecret: "wrong" });
  expect(await scene.newVisitor().signIn("corp", scene.idp, "ada")).toMatchObject({
    code: "provider_answer_invalid",
  });
  await scene.store.change("corp", { clientSecret: scene.idp.clientSecret });
  expect(await scene.newVisitor().signIn("corp", scene.idp, "ada")).toMatchObject({ status: 303 });
});

test("what lies in the database of a way through a provider opens no door", async () => {
  await scene.add();
  const visitor = scene.newVisitor();
  const url = await visitor.leave("corp");
  const rows = await scene.database.query(sql`select * from sign_in_flows`);
  const dump =
    JSON.stringify(rows) + Buffer.concat(rows.map((row) => row["sealed_flow"] as Buffer)).toString("latin1");
  for (const secret of [
    url.searchParams.get("state"),
    url.searchParams.get("nonce"),
    ...visitor.cookies.values(),
  ])
    expect(dump).not.toContain(secret);
  const [provider] = await scene.database.query(sql`select sealed_client_secret from sign_in_providers`);
  expect(Buffer.from(provider?.["sealed_client_secret"] as Buffer).toString("latin1")).not.toContain(
    scene.idp.clientSecret,
  );
});

test("ways that nobody came back from are swept", async () => {
  await scene.add();
  for (let count = 0; count < 5; count += 1) await scene.newVisitor().leave("corp");
  scene.clock.advance(600_000);
  await scene.newVisitor().leave("corp");
  expect(await scene.database.query(sql`select 1 from sign_in_flows`)).toHaveLength(1);
});

test("with one provider and no accounts of the house the sign-in page leads straight to it", async () => {
  await scene.add();
  const visitor = scene.newVisitor();
  const { location } = await visitor.open("/sign-in?to=%2Foauth%2Fx");
  expect(location).toBe("/sign-in/with/corp?to=%2Foauth%2Fx");
  const { location: there } = await visitor.open(location ?? "");
  expect(await visitor.open(await scene.idp.signIn(there ?? "", "ada"))).toMatchObject({
    status: 303,
    location: "/oauth/x",
  });
  expect(await scene.newVisitor().open("/sign-in?local=1")).toMatchObject({ status: 200, location: null });
  expect(await scene.newVisitor().open("/sign-in?directory=customers")).toMatchObject({
    status: 200,
    location: null,
  });
  await scene.add({ slug: "second" });
  expect(await scene.newVisitor().open("/sign-in")).toMatchObject({ status: 200, location: null });
});

test("who came in and who was refused is told", async () => {
  await scene.add();
  await scene.newVisitor().signIn("corp", scene.idp, "ada");
  await scene.newVisitor().signIn("corp", scene.idp, undefined);
  await scene.newVisitor().open("/sign-in/callback/corp?state=x");
  // Events become metrics: what strangers write into an address is no label.
  await scene.newVisitor().open("/sign-in/callback/made-up?state=x");
  expect(scene.events.map(({ outcome, code, provider }) => [outcome, code, provider])).toEqual([
    ["signed_in", undefined, "corp"],
    ["refused", "sign_in_declined", "corp"],
    ["refused", "sign_in_stale", "corp"],
    ["refused", "sign_in_stale", "unknown"],
  ]);
});

test("what was wrong with a provider is told to whoever set it up, and not to the person", async () => {
  await scene.add({ clientSecret: "wrong" });
  const { detail } = await scene.newVisitor().signIn("corp", scene.idp, "ada");
  expect(detail).toBe("What Corp answered cannot be used. Try again; if it stays so, tell an admin.");
  scene.idp.idToken = (claims) => ({ ...claims, nonce: "another" });
  await scene.store.change("corp", { clientSecret: scene.idp.clientSecret });
  await scene.newVisitor().signIn("corp", scene.idp, "ada");
  scene.idp.instead.set("/.well-known/openid-configuration", (_, response) => response.writeHead(503).end());
  await scene.store.change("corp", { clientSecret: "other" });
  await scene.newVisitor().open("/sign-in/with/corp");
  expect(scene.failures).toEqual([
    ["corp", "server responded with a challenge in the WWW-Authenticate HTTP Header"],
    ["corp", 'unexpected JWT claim value encountered: unexpected ID Token "nonce" claim value'],
    [
      "corp",
      `The issuer ${scene.idp.issuer} cannot be asked: /.well-known/openid-configuration answers with status 503`,
    ],
  ]);
});
