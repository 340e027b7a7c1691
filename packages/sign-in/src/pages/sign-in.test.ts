import type { ManualClock } from "@castellan/kernel";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { codeAt, createManualSignIn, signInWithPassword, type TestSignIn } from "../testing.ts";

let house: TestSignIn & { clock: ManualClock };

beforeAll(async () => {
  house = await createManualSignIn();
});
beforeEach(() => {
  // Beyond every wait, and with a new code.
  house.clock.advance(25 * 3600_000);
  house.events.length = 0;
});
afterAll(async () => {
  expect(house.errors).toEqual([]);
  await house[Symbol.asyncDispose]();
});

test("password and code sign in: a new session, and on to where one was going", async () => {
  const ada = await house.newPerson({ name: "Ada" });
  const browser = house.browser();
  const path = house.signIn.signInPath("/oauth/authorize/abc?x=1");
  const answer = await signInWithPassword(browser, ada, { nowMs: house.clock.now(), path });
  expect([answer.status, answer.location]).toEqual([303, "/oauth/authorize/abc?x=1"]);
  const account = await browser.get("/account");
  expect([account.status, account.title]).toEqual([200, "Your account"]);
  const [session] = await house.sessions.list(ada.user.id);
  expect(session).toMatchObject({ provider: "local", amr: ["pwd", "otp", "mfa"] });
  expect((await browser.get("/sign-in")).location).toBe("/account");
  expect(house.events).toEqual([
    { outcome: "signed_in", code: undefined, provider: "local", userId: ada.user.id, address: "" },
  ]);
});

test("the session's cookie is out of reach of scripts, other hosts and other sites, and is the only thing that counts", async () => {
  const ada = await house.newPerson();
  const browser = house.browser();
  await signInWithPassword(browser, ada, { nowMs: house.clock.now() });
  const cookie = browser.setCookies.find((text) => text.startsWith("__Host-castellan-session="));
  expect(cookie?.replace(/=[\w-]{43};/, "=…;")).toBe(
    "__Host-castellan-session=…; Max-Age=43200; Path=/; HttpOnly; Secure; SameSite=Lax",
  );
  const stranger = house.browser();
  stranger.cookies.set("__Host-castellan-session", "A".repeat(43));
  expect((await stranger.get("/account")).status).toBe(302);
  stranger.cookies.set("__Host-castellan-session", "' or 1=1 --");
  expect((await stranger.get("/account")).status).toBe(302);
});

test("fixation: what somebody planted in the browser before is never signed in", async () => {
  const [mallory, ada] = [await house.newPerson(), await house.newPerson()];
  const attacker = house.browser();
  await signInWithPassword(attacker, mallory, { nowMs: house.clock.now() });
  const planted = attacker.cookies.get("__Host-castellan-session") ?? "";

  const victim = house.browser();
  victim.cookies.set("__Host-castellan-session", planted);
  const path = house.signIn.signInPath("/account", { again: true });
  await signInWithPassword(victim, ada, { nowMs: house.clock.now(), path });
  expect(victim.cookies.get("__Host-castellan-session")).not.toBe(planted);
  expect((await victim.get("/account")).words).toContain(ada.user.email);
  // What was planted is signed out, and was never Ada's.
  expect((await attacker.get("/account")).status).toBe(302);
});

test("somebody else signs in where one was: they go on, and who was signed in is not", async () => {
  const [ada, bob] = [await house.newPerson(), await house.newPerson()];
  const browser = house.browser();
  await signInWithPassword(browser, ada, { nowMs: house.clock.now() });
  const returnTo = "/oauth/consent/abc";
  const path = house.signIn.signInPath(returnTo, { other: true });
  const page = await browser.get(path);
  expect([page.status, page.title]).toEqual([200, "Sign in as somebody else"]);
  expect(page.words).toContain(`You are signed in as ${ada.user.email} .`);
  expect((await browser.get(house.signIn.signInPath(returnTo))).location).toBe(returnTo);
  const wrong = await browser.submit(page, "/sign-in/password", { email: "x@y.z", password: "p", code: "1" });
  expect(wrong.title).toBe("Sign in as somebody else");
  const { email, ...others } = { email: bob.user.email, password: bob.password };
  const code = codeAt(bob.totpSecret, house.clock.now());
  const done = await browser.submit(wrong, "/sign-in/password", { ...others, email, code });
  expect([done.status, done.location]).toEqual([303, returnTo]);
  expect((await browser.get("/account")).words).toContain(bob.user.email);
  expect(await house.sessions.list(ada.user.id)).toEqual([]);
});

test("where a form is sent to there is a way back to its page", async () => {
  const forms = house.app.routes.filter(({ method }) => method === "POST").map(({ path }) => path);
  const pageOf: Record<string, string> = {};
  for (const path of new Set(forms)) {
    const { status, location } = await house.browser().get(path.replaceAll(/:\w+/g, "x"));
    if (status === 302 && location !== undefined && !location.includes("?")) pageOf[path] = location;
    else expect([path, [200, 302, 303].includes(status)]).toEqual([path, true]);
  }
  expect(pageOf).toEqual({
    "/sign-in/password": "/sign-in",
    "/sign-in/passkey": "/sign-in",
    "/welcome/:secret/who": "/welcome/x",
    "/welcome/:secret/password": "/welcome/x",
    "/welcome/:secret/passkey": "/welcome/x",
    "/account/apps/end": "/account",
    "/account/browsers/end": "/account",
    "/account/browsers/end-others": "/account",
    "/account/password/remove": "/account/password",
    "/account/passkeys/:id/rename": "/account/passkeys/x",
    "/account/passkeys/:id/remove": "/account/passkeys/x",
  });
});

test("proving it again keeps the session and changes its secret: whoever copied the old one has nothing", async () => {
  const ada = await house.newPerson();
  const browser = house.browser();
  await signInWithPassword(browser, ada, { nowMs: house.clock.now() });
  const [before] = await house.sessions.list(ada.user.id);
  const thief = house.browser();
  for (const [name, value] of browser.cookies) thief.cookies.set(name, value);
  expect((await thief.get("/account")).status).toBe(200);

  house.clock.advance(3600_000);
  const path = house.signIn.signInPath("/account/password", { again: true });
  const answer = await signInWithPassword(browser, ada, { nowMs: house.clock.now(), path });
  expect(answer.location).toBe("/account/password");
  expect(await house.sessions.list(ada.user.id)).toMatchObject([
    { id: before?.id, expiresAt: before?.expiresAt, authenticatedAt: new Date(house.clock.now()) },
  ]);
  expect((await browser.get("/account")).status).toBe(200);
  expect((await thief.get("/account")).status).toBe(302);
});

test.each([
  "//evil.example",
  "/\\evil.example",
  "https://evil.example/oauth/",
  "javascript:alert(1)",
  "/%2f/evil.example",
])("open redirect: %s is not gone to, neither by the page's address nor by its form", async (to) => {
  const ada = await house.newPerson();
  const browser = house.browser();
  const page = await browser.get(`/sign-in?to=${encodeURIComponent(to)}`);
  const sent = {
    email: ada.user.email,
    password: ada.password,
    code: codeAt(ada.totpSecret, house.clock.now()),
    to,
  };
  const answer = await browser.submit(page, "/sign-in/password", sent);
  expect([answer.status, answer.location]).toEqual([303, "/account"]);
  expect((await browser.get(`/sign-in?to=${encodeURIComponent(to)}`)).location).toBe("/account");
});

test("a code is good once, also for many at once", async () => {
  const ada = await house.newPerson();
  const nowMs = house.clock.now();
  const tries = Array.from({ length: 4 }, async () => signInWithPassword(house.browser(), ada, { nowMs }));
  const statuses = (await Promise.all(tries)).map(({ status }) => status);
  expect(statuses.toSorted()).toEqual([303, 403, 403, 403]);
  house.clock.advance(25 * 3600_000);
  // Another code, twice.
  const again = house.clock.now();
  expect((await signInWithPassword(house.browser(), ada, { nowMs: again })).status).toBe(303);
  const replay = await signInWithPassword(house.browser(), ada, { nowMs: again });
  expect([replay.status, replay.title]).toEqual([403, "Sign in"]);
});

test("who is not here, a wrong password and a wrong code get one answer, to the letter", async () => {
  const ada = await house.newPerson();
  const nowMs = house.clock.now();
  const right = { email: ada.user.email, password: ada.password, code: codeAt(ada.totpSecret, nowMs) };
  const answers: string[] = [];
  const wrongs = [
    { ...right, email: "nobody@example.com" },
    { ...right, password: "wrong horse battery" },
    { ...right, code: right.code === "000000" ? "000001" : "000000" },
  ];
  for (const wrong of wrongs) {
    const browser = house.browser();
    const page = await browser.get("/sign-in");
    const answer = await browser.submit(page, "/sign-in/password", wrong);
    answers.push(`${answer.status} ${masked(answer.text).replaceAll(wrong.email, "EMAIL")}`);
    expect(answer.headers.get("set-cookie")).toBeNull();
    expect(answer.words).not.toContain(wrong.password);
  }
  expect(answers[0]).toMatch(/^403 /);
  expect(new Set(answers).size).toBe(1);
  expect(house.events.map(({ code, userId }) => [code, userId])).toEqual(
    Array.from({ length: 3 }, () => ["sign_in_failed", undefined]),
  );
});

test("a suspended person is told so after the proof and not before, and their sessions are over", async () => {
  const ada = await house.newPerson();
  const browser = house.browser();
  await signInWithPassword(browser, ada, { nowMs: house.clock.now() });
  await house.people.change(ada.user.id, { status: "suspended" }, { by: "owner" });
  expect((await browser.get("/account")).status).toBe(302);
  house.clock.advance(60_000);
  const nowMs = house.clock.now();
  const guess = await signInWithPassword(
    house.browser(),
    { ...ada, password: "wrong horse battery" },
    { nowMs },
  );
  expect(guess.words).toContain("That did not match.");
  const proved = await signInWithPassword(house.browser(), ada, { nowMs });
  expect([proved.status, proved.words]).toEqual([403, expect.stringContaining("This account is suspended")]);
});

test("a customer does not come in where the company's people are asked for, nor the other way round", async () => {
  const email = "both@example.com";
  const customer = await house.newPerson({ directory: "customers", email });
  const nowMs = house.clock.now();
  expect((await signInWithPassword(house.browser(), customer, { nowMs })).status).toBe(403);

  const browser = house.browser();
  const path = house.signIn.signInPath("/oauth/authorize/x", { directory: "customers" });
  expect((await signInWithPassword(browser, customer, { nowMs, path })).location).toBe("/oauth/authorize/x");
  // Signed in, but not as whom this asks for.
  const asked = await browser.get(house.signIn.signInPath("/oauth/authorize/y"));
  expect([asked.status, asked.words]).toEqual([
    200,
    expect.stringContaining(`You are signed in as ${email} , who has no access here.`),
  ]);
});

test("a foreign Host is answered by nothing, and a page at another name of ours leads to the right one", async () => {
  const browser = house.browser();
  const foreign = await browser.request("/sign-in", { headers: { host: "evil.example" } });
  expect([foreign.status, foreign.text.includes("evil.example/")]).toEqual([421, false]);
  await using local = await createManualSignIn({ publicUrl: "http://localhost:8700", isLoopback: true });
  const away = local.browser();
  const page = await away.request("/account?x=1", { headers: { host: "127.0.0.1:8700" } });
  expect([page.status, page.location]).toEqual([302, "http://localhost:8700/account?x=1"]);
  const sent = await away.request("/sign-out", { method: "POST", headers: { host: "127.0.0.1:8700" } });
  expect(sent.status).toBe(421);
});

test("signed out is signed out, for whoever has the cookie", async () => {
  const ada = await house.newPerson();
  const browser = house.browser();
  await signInWithPassword(browser, ada, { nowMs: house.clock.now() });
  const kept = new Map(browser.cookies);
  const answer = await browser.submit(await browser.get("/sign-out"), "/sign-out");
  expect([answer.status, answer.title]).toEqual([200, "You are signed out"]);
  expect(browser.cookies.has("__Host-castellan-session")).toBe(false);
  const thief = house.browser();
  for (const [name, value] of kept) thief.cookies.set(name, value);
  expect((await thief.get("/account")).status).toBe(302);
  expect((await browser.get("/sign-out")).title).toBe("You are signed out");
});

test("one provider and no account of the house: straight to the provider; the form is one parameter away", async () => {
  const offered = [{ slug: "corp", title: "Example <Corp>" }];
  await using corp = await createManualSignIn({ offered });
  const browser = corp.browser();
  const straight = await browser.get(corp.signIn.signInPath("/oauth/authorize/x", { again: true }));
  expect([straight.status, straight.location]).toEqual([
    302,
    "/sign-in/with/corp?to=%2Foauth%2Fauthorize%2Fx&again=1",
  ]);
  expect((await browser.get("/sign-in?local=1")).forms.has("/sign-in/password")).toBe(true);
  await corp.newPerson();
  const choice = await browser.get("/sign-in");
  expect([choice.status, choice.words]).toEqual([
    200,
    expect.stringContaining("Continue with Example <Corp>"),
  ]);
});

/** What is different each time by itself: tokens of forms, and challenges. */
function masked(text: string): string {
  return text
    .replaceAll(/\d+\.[\w-]{43}/g, "TOKEN")
    .replaceAll(/(challenge&quot;:&quot;)[\w-]+/g, "$1CHALLENGE");
}
