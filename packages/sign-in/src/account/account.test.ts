import { addGrant, type NewGrant } from "@castellan/access";
import { sql } from "@castellan/database";
import type { ManualClock } from "@castellan/kernel";
import { Secret } from "otpauth";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  codeAt,
  createManualSignIn,
  signInWithPassword,
  type TestBrowser,
  type TestPerson,
  type TestSignIn,
} from "../testing.ts";

let house: TestSignIn & { clock: ManualClock };

beforeEach(async () => {
  house = await createManualSignIn({ offered: [{ slug: "corp", title: "Example Corp" }] });
});
afterEach(async () => {
  expect(house.errors).toEqual([]);
  await house[Symbol.asyncDispose]();
});

async function signedIn(): Promise<{ person: TestPerson; browser: TestBrowser; sessionId: string }> {
  const person = await house.newPerson();
  const browser = house.browser();
  await signInWithPassword(browser, person, { nowMs: house.clock.now() });
  const [session] = await house.sessions.list(person.user.id);
  return { person, browser, sessionId: session?.id ?? "" };
}

function giveGrant(
  userId: TestPerson["user"]["id"],
  sessionId: string,
  clientName = "Claude",
  more: Partial<NewGrant> = {},
) {
  return addGrant(house.database, {
    userId,
    clientId: "client",
    clientName,
    portal: "main",
    scopes: ["portal:main", "portal:main:read", "okrs:write", "crm:write"],
    signInId: sessionId as never,
    createdAt: new Date(house.clock.now()),
    expiresAt: new Date(house.clock.now() + 14 * 86_400_000),
    ...more,
  });
}

const livingGrants = () =>
  house.database.query(sql`select client_name from grants where ended_at is null order by id`);

async function addPasskey(userId: string, name: string): Promise<string> {
  const id = `pky_${Buffer.from(name.padEnd(16)).toString("hex").slice(0, 32)}`;
  await house.database.query(sql`
    insert into passkeys (id, user_id, user_handle, credential_id, public_key, counter, transports, is_synced, name, created_at)
    values (${id}, ${userId}, ${userId}, ${Buffer.from(id)}, ${Buffer.from("x")}, 0, '{}', false, ${name}, now())`);
  return id;
}

test("it tells what each app may do, and ends one on request, of one's own only", async () => {
  const [ada, eve] = [await signedIn(), await signedIn()];
  const mine = await giveGrant(ada.person.user.id, ada.sessionId);
  const hers = await giveGrant(eve.person.user.id, eve.sessionId, "Cursor");
  const page = await ada.browser.get("/account");
  expect(page.words).toContain(
    "Claude portal main: may look things up (all servers), create and change things (crm, okrs) since 1 January 2026, never used, until 15 January 2026 at the latest",
  );
  expect(page.words).not.toContain("Cursor");
  expect((await ada.browser.submit(page, "/account/apps/end", { id: hers.id })).status).toBe(404);
  expect(await livingGrants()).toHaveLength(2);
  const done = await ada.browser.submit(page, "/account/apps/end", { id: mine.id });
  expect(done.location).toBe("/account?done=app");
  expect((await ada.browser.get("/account?done=app")).words).toContain("The app is disconnected.");
  expect(await livingGrants()).toEqual([{ client_name: "Cursor" }]);
});

test("an app that asked for more later is one app, and goes as one", async () => {
  const { browser, person, sessionId } = await signedIn();
  await giveGrant(person.user.id, sessionId, "Claude", {
    scopes: ["portal:main", "okrs:read"],
    createdAt: new Date(house.clock.now() - 86_400_000),
  });
  await giveGrant(person.user.id, sessionId, "Claude 2", {
    scopes: ["portal:main", "okrs:read", "okrs:write"],
  });
  const elsewhere = { portal: "other", scopes: ["portal:other", "portal:other:read"] };
  await giveGrant(person.user.id, sessionId, "Claude", elsewhere);
  const page = await browser.get("/account");
  expect(page.words).toContain(
    "Claude 2 portal main: may look things up (okrs), create and change things (okrs) since 31 December 2025, never used, until 15 January 2026 at the latest",
  );
  expect(page.words.match(/portal main/g)).toHaveLength(1);
  const [, id] =
    /name="id" value="([^"]+)"[^>]*>\s*<button[^>]*aria-label="Disconnect Claude 2"/.exec(page.text) ?? [];
  await browser.submit(page, "/account/apps/end", { id: id ?? "" });
  expect((await browser.get("/account")).words).not.toContain("portal main");
  expect(await livingGrants()).toEqual([{ client_name: "Claude" }]);
});

test("what waits for a decision is one link away", async () => {
  const { browser } = await signedIn();
  expect((await browser.get("/account")).text).toContain('<a href="/approvals">');
});

test("browsers: one of one's own is ended with what was let in from it, or all others", async () => {
  const ada = await signedIn();
  house.clock.advance(60_000);
  const phone = house.browser();
  phone.userAgent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1";
  await signInWithPassword(phone, ada.person, { nowMs: house.clock.now() });
  const there = (await house.sessions.list(ada.person.user.id)).find(({ id }) => id !== ada.sessionId);
  await giveGrant(ada.person.user.id, there?.id ?? "", "Phone's");
  await giveGrant(ada.person.user.id, ada.sessionId, "Own");

  const page = await ada.browser.get("/account");
  expect(page.words).toContain("Chrome on Linux (this browser)");
  expect(page.words).toContain("Safari on iPhone");
  expect(page.forms.get("/account/browsers/end")?.get("id")).toBe(there?.id);
  const done = await ada.browser.submit(page, "/account/browsers/end");
  expect(done.location).toBe("/account?done=browser");
  expect([(await phone.get("/account")).status, await livingGrants()]).toEqual([
    302,
    [{ client_name: "Own" }],
  ]);

  const eve = await signedIn();
  const others = await eve.browser.get("/account");
  expect(others.forms.has("/account/browsers/end-others")).toBe(false);
  // Somebody else's session is not one's own to end.
  const token = others.forms.get("/sign-out")?.get("form_token") ?? "";
  const wrong = await eve.browser.post(
    "/account/browsers/end",
    new URLSearchParams({ form_token: token, id: ada.sessionId }),
  );
  expect([wrong.status, (await ada.browser.get("/account")).status]).toEqual([404, 200]);
});

test("sign out everywhere else", async () => {
  const ada = await signedIn();
  const others: TestBrowser[] = [];
  for (let n = 0; n < 2; n += 1) {
    house.clock.advance(60_000);
    const browser = house.browser();
    await signInWithPassword(browser, ada.person, { nowMs: house.clock.now() });
    others.push(browser);
  }
  const page = await ada.browser.get("/account");
  expect((await ada.browser.submit(page, "/account/browsers/end-others")).location).toBe(
    "/account?done=browsers",
  );
  for (const browser of others) expect((await browser.get("/account")).status).toBe(302);
  expect((await ada.browser.get("/account")).status).toBe(200);
});

test("how one signs in is changed with a fresh proof only, and one comes back to where one was", async () => {
  const { browser, person } = await signedIn();
  const id = await addPasskey(person.user.id, "laptop");
  const page = await browser.get("/account/password");
  expect([page.status, page.title]).toEqual([200, "Change your password"]);
  house.clock.advance(600_001);
  for (const path of ["/account/password", "/account/new-passkey", `/account/passkeys/${id}`]) {
    const asked = await browser.get(path);
    expect([asked.status, asked.location]).toEqual([303, house.signIn.signInPath(path, { again: true })]);
  }
  // Nor by a form of a page that was open since.
  const late = await browser.submit(page, "/account/password/remove");
  expect(late.location).toBe(house.signIn.signInPath("/account/password", { again: true }));
  expect(await house.database.query(sql`select 1 from passwords`)).toHaveLength(1);
  const proved = await signInWithPassword(browser, person, {
    nowMs: house.clock.now(),
    path: late.location ?? "",
  });
  expect(proved.location).toBe("/account/password");
  expect((await browser.get("/account/password")).status).toBe(200);
});

test("a password is changed with its codes, and the old ones are worth nothing", async () => {
  const { browser, person } = await signedIn();
  const page = await browser.get("/account/password");
  const [, key = ""] = /<code>([A-Z2-7 ]+)<\/code>/.exec(page.text) ?? [];
  const totpSecret = Buffer.from(Secret.fromBase32(key.replaceAll(" ", "")).bytes);
  const password = "vier Tassen Tee am Morgen";
  const done = await browser.submit(page, "/account/password", {
    password,
    code: codeAt(totpSecret, house.clock.now()),
  });
  expect(done.location).toBe("/account?done=password");
  house.clock.advance(60_000);
  const nowMs = house.clock.now();
  expect((await signInWithPassword(house.browser(), person, { nowMs })).status).toBe(403);
  const mixed = { ...person, password };
  expect((await signInWithPassword(house.browser(), mixed, { nowMs })).status).toBe(403);
  expect((await signInWithPassword(house.browser(), { ...mixed, totpSecret }, { nowMs })).status).toBe(303);
});

test("passkeys get names, and go, but never the last way in, also not at once", async () => {
  const { browser, person } = await signedIn();
  const [one, two] = [await addPasskey(person.user.id, "laptop"), await addPasskey(person.user.id, "phone")];
  const path = `/account/passkeys/${one}`;
  const page = await browser.get(path);
  const wrong = await browser.submit(page, `${path}/rename`, { name: "a\u{202e}b" });
  expect([wrong.status, wrong.words]).toEqual([
    400,
    expect.stringContaining("name must be 1 to 64 printable"),
  ]);
  expect((await browser.submit(page, `${path}/rename`, { name: "Old laptop" })).location).toBe(
    "/account?done=passkey-renamed",
  );
  expect((await browser.get("/account")).words).toContain("Old laptop");
  // Somebody else's is none of theirs.
  const eve = await signedIn();
  expect((await eve.browser.get(path)).status).toBe(404);

  // Three ways in, and all three taken away at once: one stays.
  const removals = ["/account/password/remove", `${path}/remove`, `/account/passkeys/${two}/remove`];
  const token = page.forms.get(`${path}/remove`) ?? new URLSearchParams();
  const answers = await Promise.all(
    removals.map((action) => browser.post(action, new URLSearchParams(token))),
  );
  expect(answers.map(({ status }) => status).toSorted()).toEqual([303, 303, 409]);
  const refused = answers.find(({ status }) => status === 409);
  expect(refused?.words).toContain("This is your only way to sign in. Add another one first.");
});

test("a provider that sends somebody straight back has not proved anew that it is they", async () => {
  const { user } = await house.newPerson();
  const browser = house.browser();
  const now = house.clock.now();
  const comeBack = async (provedAt: Date) => {
    const { secret } = await house.sessions.begin({
      user,
      provider: "corp",
      amr: ["mfa"],
      authenticatedAt: provedAt,
      address: "",
      userAgent: "",
      lifetimeMs: 3600_000,
    });
    browser.cookies.set("__Host-castellan-session", secret);
    return (await browser.get("/account/password")).location;
  };
  const again = house.signIn.signInPath("/account/password", { again: true });
  expect(await comeBack(new Date(now - 600_001))).toBe(again);
  expect(await comeBack(new Date(now - 599_999))).toBeUndefined();
});

test("whoever comes by a provider has nothing to change here, and makes no way in beside it", async () => {
  const user = await house.people.add(
    { directory: "workforce", email: "corp@example.com", name: "Corp" },
    { by: "owner" },
  );
  const { session, secret } = await house.sessions.begin({
    user,
    provider: "corp",
    amr: ["mfa"],
    address: "",
    userAgent: "",
    lifetimeMs: 3600_000,
  });
  const browser = house.browser();
  browser.cookies.set("__Host-castellan-session", secret);
  const page = await browser.get("/account");
  expect(page.words).toContain("Signed in with Example Corp, just now");
  expect([page.words.includes("Passkeys"), session.provider]).toEqual([false, "corp"]);
  for (const path of ["/account/new-passkey", "/account/password"]) {
    const answer = await browser.get(path);
    expect([answer.status, answer.words]).toEqual([
      403,
      expect.stringContaining("You sign in with an account of your company"),
    ]);
  }
});
