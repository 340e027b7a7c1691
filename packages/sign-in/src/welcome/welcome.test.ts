import { sql } from "@castellan/database";
import { isFault, type ManualClock } from "@castellan/kernel";
import { Secret } from "otpauth";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  codeAt,
  createManualSignIn,
  signInWithPassword,
  type ShownPage,
  type TestBrowser,
  type TestSignIn,
} from "../testing.ts";
import {
  createInvitation,
  endInvitations,
  ensureFirstOwnerLink,
  findInvitation,
  welcomePath,
  type MadeInvitation,
} from "./invitations.ts";

let house: TestSignIn & { clock: ManualClock };

beforeAll(async () => {
  house = await createManualSignIn();
});
beforeEach(() => {
  house.clock.advance(60_000);
});
afterAll(async () => {
  expect(house.errors).toEqual([]);
  await house[Symbol.asyncDispose]();
});

const password = "vier Tassen Tee am Morgen";

/** The key that the page tells whoever types it into the app. */
function keyOn(page: ShownPage): Buffer {
  const [, key = ""] = /<code>([A-Z2-7 ]+)<\/code>/.exec(page.text) ?? [];
  return Buffer.from(Secret.fromBase32(key.replaceAll(" ", "")).bytes);
}

function setPassword(browser: TestBrowser, page: ShownPage, path: string): Promise<ShownPage> {
  return browser.submit(page, `${path}/password`, {
    password,
    code: codeAt(keyOn(page), house.clock.now()),
  });
}

function firstLink(replaces = false): Promise<MadeInvitation | undefined> {
  return ensureFirstOwnerLink(house.database, {
    nowMs: house.clock.now(),
    replaces,
    keep: () => Promise.resolve(),
  });
}

test("the first one of all says who they are, chooses, and is the owner; the link is dead from then on", async () => {
  // Replicas that start at once make one link between them.
  const links = (await Promise.all(Array.from({ length: 5 }, () => firstLink()))).filter(
    (link) => link !== undefined,
  );
  expect(links).toHaveLength(1);
  // Its secret was lost: another one takes its place.
  const second = await firstLink(true);
  const [lost = "", path = ""] = [links[0], second].map((link) => link && welcomePath(link.secret));
  const browser = house.browser();
  expect([(await browser.get(lost)).status, (await browser.get("/sign-in")).words]).toEqual([
    410,
    "Sign in Nobody can sign in here yet. If you have just installed Castellan: the link that makes the first account is in the file first-owner-link of its data folder.",
  ]);

  const page = await browser.get(path);
  expect([page.status, page.title]).toEqual([200, "Welcome to Castellan"]);
  for (const [email, wrong] of [
    ["ada", "email must be an e-mail address"],
    ["a b@example.com", "email must be an e-mail address"],
  ] as const) {
    const refused = await browser.submit(page, `${path}/who`, { email, name: "Ada" });
    expect([refused.status, refused.words]).toEqual([400, expect.stringContaining(wrong)]);
  }
  const choose = await browser.submit(page, `${path}/who`, { email: "Ada@Example.com", name: "Ada" });
  expect([choose.status, choose.title]).toEqual([200, "Welcome, Ada"]);
  const done = await setPassword(browser, choose, path);
  expect([done.status, done.location]).toEqual([303, "/account"]);
  expect(await house.people.find("workforce", "ada@example.com")).toMatchObject({
    role: "owner",
    name: "Ada",
  });
  expect((await browser.get("/account")).status).toBe(200);

  expect((await house.browser().get(path)).status).toBe(410);
  expect(await firstLink(true)).toBeUndefined();
});

test("a link is not used up by looking, and is by finishing; then one signs in with what one chose", async () => {
  const grace = await house.people.add(
    { directory: "workforce", email: "grace@example.com", name: "Grace" },
    { by: "owner" },
  );
  const made = await createInvitation(house.database, {
    userId: grace.id,
    createdBy: "test",
    nowMs: house.clock.now(),
  });
  const path = welcomePath(made.secret);
  for (let look = 0; look < 3; look += 1)
    expect((await house.browser().get(path)).title).toBe("Welcome, Grace");
  const browser = house.browser();
  const page = await browser.get(path);
  const wrong = await browser.submit(page, `${path}/password`, { password, code: "12345" });
  expect([wrong.status, wrong.words]).toEqual([
    400,
    expect.stringContaining("This is not the code that the app shows for this key."),
  ]);
  // The key stays the one that was scanned.
  expect(keyOn(wrong)).toEqual(keyOn(page));
  const weak = await browser.submit(wrong, `${path}/password`, {
    password: "grace-grace-grace",
    code: codeAt(keyOn(page), house.clock.now()),
  });
  expect([weak.status, weak.words]).toEqual([
    400,
    expect.stringContaining("The password is one that others guess first."),
  ]);
  expect((await setPassword(browser, weak, path)).location).toBe("/account");
  const again = await setPassword(browser, weak, path);
  expect([again.status, again.words]).toEqual([410, expect.stringContaining("This link has been used")]);

  house.clock.advance(60_000);
  const person = { user: grace, password, totpSecret: keyOn(page) };
  expect((await signInWithPassword(house.browser(), person, { nowMs: house.clock.now() })).status).toBe(303);
});

test("of twenty who use one link at once one succeeds", async () => {
  const user = await house.people.add(
    { directory: "customers", email: "race@example.com", name: "Race" },
    { by: "owner" },
  );
  const made = await createInvitation(house.database, {
    userId: user.id,
    createdBy: "test",
    nowMs: house.clock.now(),
  });
  const path = welcomePath(made.secret);
  const ready = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const browser = house.browser();
      return { browser, page: await browser.get(path) };
    }),
  );
  const answers = await Promise.all(ready.map(({ browser, page }) => setPassword(browser, page, path)));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([
    303,
    ...Array.from({ length: 19 }, () => 410),
  ]);
  expect(await house.sessions.list(user.id)).toHaveLength(1);
});

test("a new link for somebody who lost their phone: the old one is dead, and so is all they had before", async () => {
  const person = await house.newPerson();
  const browser = house.browser();
  await signInWithPassword(browser, person, { nowMs: house.clock.now() });
  const invite = () =>
    createInvitation(house.database, { userId: person.user.id, createdBy: "test", nowMs: house.clock.now() });
  const [older, newer] = [await invite(), await invite()];
  expect((await house.browser().get(welcomePath(older.secret))).status).toBe(410);
  const path = welcomePath(newer.secret);
  const other = house.browser();
  const page = await other.get(path);
  expect(page.words).toContain("What you had before stops working, and you are signed out everywhere else.");
  expect((await browser.get("/account")).status).toBe(200);
  await setPassword(other, page, path);
  expect((await browser.get("/account")).status).toBe(302);
  house.clock.advance(60_000);
  expect((await signInWithPassword(house.browser(), person, { nowMs: house.clock.now() })).status).toBe(403);
});

test.each([
  ["an address as long as a form may be", { email: `${"a".repeat(60_000)}@b.c` }, "email"],
  ["no address", { email: "" }, "email"],
  ["a name that hides", { name: "a\u{202e}b" }, "name"],
])("who goes on with %s is asked who they are", async (_, fields, asked) => {
  await house.database.query(sql`update users set status = 'suspended' where role = 'owner'`);
  const { secret } = (await firstLink(true)) ?? {};
  const path = welcomePath(secret ?? "");
  const browser = house.browser();
  const who = { name: "Nora", email: `${"字".repeat(250)}@b.c` };
  const page = await browser.submit(await browser.get(path), `${path}/who`, who);
  expect([page.status, page.title]).toEqual([200, "Welcome, Nora"]);
  for (const form of ["password", "passkey"]) {
    const answer = await browser.post(
      `${path}/${form}`,
      new URLSearchParams({ ...Object.fromEntries(page.forms.get(`${path}/password`) ?? []), ...fields }),
    );
    expect([answer.status, answer.title]).toEqual([400, "Welcome to Castellan"]);
    expect(answer.text).toContain(`id="${asked}-wrong"`);
  }
  await house.database.query(sql`update users set status = 'active' where role = 'owner'`);
});

test("a link dies with its day, when it is taken back, and while its person is suspended", async () => {
  const { user } = await house.newPerson();
  const invite = () =>
    createInvitation(house.database, { userId: user.id, createdBy: "test", nowMs: house.clock.now() });
  const status = async (secret: string) => (await house.browser().get(welcomePath(secret))).status;

  const suspended = await invite();
  await house.people.change(user.id, { status: "suspended" }, { by: "owner" });
  expect(await status(suspended.secret)).toBe(410);
  await house.people.change(user.id, { status: "active" }, { by: "owner" });
  expect(await status(suspended.secret)).toBe(200);

  expect(await endInvitations(house.database, user.id, house.clock.now())).toBe(true);
  expect(await endInvitations(house.database, user.id, house.clock.now())).toBe(false);
  expect(await status(suspended.secret)).toBe(410);

  const expired = await invite();
  house.clock.advance(24 * 3600_000 - 1);
  expect(await status(expired.secret)).toBe(200);
  house.clock.advance(1);
  expect(await status(expired.secret)).toBe(410);
});

test("a link that was made for a member does not make its holder an admin", async () => {
  const { user } = await house.newPerson();
  const { secret } = await createInvitation(house.database, {
    userId: user.id,
    createdBy: "test",
    nowMs: house.clock.now(),
  });
  await house.people.change(user.id, { role: "admin" }, { by: "owner" });
  expect((await house.browser().get(welcomePath(secret))).status).toBe(410);
});

test("the secret is kept nowhere, and what is none opens nothing", async () => {
  const { user } = await house.newPerson();
  const { secret } = await createInvitation(house.database, {
    userId: user.id,
    createdBy: "test",
    nowMs: house.clock.now(),
  });
  const rows = await house.database.query(sql`select * from invitations`);
  expect(JSON.stringify(rows)).not.toContain(secret);
  expect(JSON.stringify(rows)).not.toContain(Buffer.from(secret, "base64url").toString("hex"));
  for (const other of ["", "x", "%00", `${secret.slice(0, -1)}_`, "../account"])
    await expect(findInvitation(house.database, other, house.clock.now())).rejects.toSatisfy((error) =>
      isFault(error, "welcome_link_dead"),
    );
});

test("what was offered to one account cannot be set at another", async () => {
  const [ada, eve] = [await house.newPerson(), await house.newPerson()];
  const pathOf = async (userId: typeof ada.user.id) => {
    const made = await createInvitation(house.database, {
      userId,
      createdBy: "test",
      nowMs: house.clock.now(),
    });
    return welcomePath(made.secret);
  };
  const browser = house.browser();
  const [adas, eves] = [await pathOf(ada.user.id), await pathOf(eve.user.id)];
  const [adasPage, evesPage] = [await browser.get(adas), await browser.get(eves)];
  const totp = evesPage.forms.get(`${eves}/password`)?.get("totp") ?? "";
  const answer = await browser.submit(adasPage, `${adas}/password`, {
    password,
    totp,
    code: codeAt(keyOn(evesPage), house.clock.now()),
  });
  expect([answer.status, answer.words]).toEqual([400, expect.stringContaining("The page was too old.")]);
  expect(keyOn(answer)).not.toEqual(keyOn(evesPage));
  expect((await browser.get(adas)).status).toBe(200);
});
