/** What people who want in try: sending forms for others, guessing, framing. */
import { createHash } from "node:crypto";
import { addGrant } from "@castellan/access";
import { sql } from "@castellan/database";
import { systemClock, type ManualClock } from "@castellan/kernel";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  codeAt,
  createManualSignIn,
  createTestSignIn,
  signInWithPassword,
  type TestBrowser,
  type TestPerson,
  type TestSignIn,
} from "./testing.ts";
import { createInvitation, welcomePath } from "./welcome/invitations.ts";

let house: TestSignIn & { clock: ManualClock };

// A house for each test: rates are counted by the database's own clock, and all of a house come from one address.
beforeEach(async () => {
  house = await createManualSignIn();
});
afterEach(async () => {
  expect(house.errors).toEqual([]);
  await house[Symbol.asyncDispose]();
});

/** Every route of the pages that takes a form, with what stands in its path. */
function formRoutes(ids: Readonly<Record<string, string>>): string[] {
  const paths = house.signIn.app.routes.filter(({ method }) => method === "POST").map(({ path }) => path);
  return paths.map((path) => path.replaceAll(/:(\w+)/g, (_, name: string) => ids[name] ?? "missing"));
}

async function signedIn(): Promise<{
  person: TestPerson;
  browser: TestBrowser;
  ids: Record<string, string>;
}> {
  const person = await house.newPerson();
  const browser = house.browser();
  await signInWithPassword(browser, person, { nowMs: house.clock.now() });
  const { id: userId } = person.user;
  const [session] = await house.sessions.list(userId);
  await addGrant(house.database, {
    userId,
    clientId: "client",
    clientName: "Client",
    portal: "main",
    scopes: ["portal:main"],
    signInId: session?.id as never,
    createdAt: new Date(house.clock.now()),
    expiresAt: new Date(house.clock.now() + 1e9),
  });
  const id = `pky_${createHash("md5").update(userId).digest("hex")}`;
  await house.database.query(sql`
    insert into passkeys (id, user_id, user_handle, credential_id, public_key, counter, transports, is_synced, name, created_at)
    values (${id}, ${userId}, 'x', ${Buffer.from(id)}, ${Buffer.from("x")}, 0, '{}', false, 'key', now())`);
  const made = await createInvitation(house.database, {
    userId,
    createdBy: "test",
    nowMs: house.clock.now(),
  });
  return { person, browser, ids: { id, secret: made.secret } };
}

/** All that a form could change, of everybody. */
async function everything(): Promise<string> {
  const [row] = await house.database.query<{ all: string }>(sql`
    select json_build_array(
      (select json_agg(s order by id) from (select id, hash, ended_at, authenticated_at from sign_in_sessions) s),
      (select json_agg(g order by id) from (select id, ended_at from grants) g),
      (select json_agg(p order by id) from (select id, name from passkeys) p),
      (select json_agg(w order by user_id) from (select user_id, hash, totp_step from passwords) w),
      (select json_agg(i order by id) from (select id, used_at, ended_at from invitations) i))::text as all`);
  return row?.all ?? "";
}

test("there are as many forms as this test knows of", () => {
  expect(formRoutes({ id: "ID", secret: "SECRET" }).toSorted()).toEqual([
    "/account/apps/end",
    "/account/browsers/end",
    "/account/browsers/end-others",
    "/account/new-passkey",
    "/account/passkeys/ID/remove",
    "/account/passkeys/ID/rename",
    "/account/password",
    "/account/password/remove",
    "/sign-in/passkey",
    "/sign-in/password",
    "/sign-out",
    "/welcome/SECRET/passkey",
    "/welcome/SECRET/password",
    "/welcome/SECRET/who",
  ]);
});

test("CSRF: no form is taken from another site, without its token, with somebody else's, or another form's", async () => {
  const { browser, ids, person } = await signedIn();
  const mallory = await signedIn();
  const malloryToken =
    (await mallory.browser.get("/account")).forms.get("/sign-out")?.get("form_token") ?? "";
  const own = (await browser.get("/account")).forms.get("/sign-out")?.get("form_token") ?? "";
  const others =
    (await browser.get("/sign-in?again=1")).forms.get("/sign-in/password")?.get("form_token") ?? "";
  const fields = {
    email: person.user.email,
    password: "correct horse battery",
    code: codeAt(person.totpSecret, house.clock.now()),
    id: ids["id"] ?? "",
    name: "renamed",
    credential: "{}",
  };
  const before = await everything();
  const form = (token: string) => new URLSearchParams({ ...fields, form_token: token });
  const attacks: [string, URLSearchParams, Record<string, string>][] = [
    ["no token", new URLSearchParams(fields), {}],
    ["a made-up token", form(`9999999999.${"A".repeat(43)}`), {}],
    ["the token of another browser", form(malloryToken), {}],
    ["the right token, from another site", form(own), { "sec-fetch-site": "cross-site" }],
    ["the right token, from a sibling site", form(own), { "sec-fetch-site": "same-site" }],
    ["the right token, as text", form(own), { "content-type": "text/plain" }],
    ["the right token, as JSON", form(own), { "content-type": "application/json" }],
  ];
  for (const path of formRoutes(ids)) {
    for (const [attack, body, headers] of attacks) {
      const answer = await browser.post(path, body, headers);
      expect([path, attack, answer.status, answer.title]).toEqual([path, attack, 403, "Please try again"]);
    }
    // Browsers that say nothing of where a form stood: the token alone decides.
    const silent = { method: "POST", body: form("").toString() };
    const type = { "content-type": "application/x-www-form-urlencoded" };
    const answer = await browser.request(path, { ...silent, headers: type });
    expect([path, answer.status, answer.title]).toEqual([path, 403, "Please try again"]);
    const foreign = await browser.post(path, form(own), { origin: "https://evil.example" });
    expect([path, foreign.status]).toEqual([path, 403]);
    // Its own token, for another form.
    const wrong = path.startsWith("/account") || path === "/sign-out" ? others : own;
    expect([path, (await browser.post(path, form(wrong))).title]).toEqual([path, "Please try again"]);
  }
  expect(await everything()).toBe(before);
});

test("a page that was left open is no form of whoever signs in next", async () => {
  const { browser, ids } = await signedIn();
  const page = await browser.get("/account");
  const next = await house.newPerson();
  const path = house.signIn.signInPath("/account", { again: true });
  await signInWithPassword(browser, next, { nowMs: house.clock.now(), path });
  const answer = await browser.submit(page, "/sign-out");
  expect([answer.status, answer.title, ids["id"]?.length]).toEqual([403, "Please try again", 36]);
});

test("clickjacking: no page may be framed, runs a script of anybody else's, or is kept", async () => {
  const { browser, ids } = await signedIn();
  const paths = [
    "/sign-in?again=1",
    "/sign-in/passkey.js",
    "/sign-out",
    "/account",
    "/account/password",
    "/account/new-passkey",
    `/account/passkeys/${ids["id"]}`,
    welcomePath(ids["secret"] ?? ""),
    "/welcome/none",
  ];
  for (const path of paths) {
    const { headers, text } = await browser.get(path);
    const policy = headers.get("content-security-policy") ?? "";
    expect([path, policy]).toEqual([path, expect.stringContaining("default-src 'none'")]);
    expect([path, policy]).toEqual([path, expect.stringContaining("frame-ancestors 'none'")]);
    expect([path, policy]).toEqual([path, expect.not.stringContaining("unsafe")]);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    if (path.endsWith(".js")) continue;
    expect([path, headers.get("cache-control"), headers.get("x-frame-options")]).toEqual([
      path,
      "no-store",
      "DENY",
    ]);
    expect([path, /<script(?! type="module" src="\/)|\son\w+=|javascript:/i.test(text)]).toEqual([
      path,
      false,
    ]);
  }
});

test("guessing at an account is slowed down for all but its holder's own browser", async () => {
  const ada = await house.newPerson();
  const own = house.browser();
  await signInWithPassword(own, ada, { nowMs: house.clock.now() });
  await own.submit(await own.get("/sign-out"), "/sign-out");
  house.clock.advance(60_000);

  const nowMs = house.clock.now();
  const guess = (browser: TestBrowser, password = "wrong horse battery") =>
    signInWithPassword(browser, { ...ada, password }, { nowMs });
  const attacker = house.browser();
  for (let failed = 1; failed <= 4; failed += 1) expect((await guess(attacker)).status).toBe(403);
  // Also with the right password, and from any other browser.
  for (const browser of [attacker, house.browser()]) {
    const refused = await guess(browser, ada.password);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "5"]);
    expect(refused.words).toContain("Try again in 5 seconds.");
  }
  expect((await guess(own, ada.password)).status).toBe(303);
});

test("guessing at nobody's account looks the same", async () => {
  const ada = await house.newPerson();
  const statuses = async (email: string) => {
    const browser = house.browser();
    const told: string[] = [];
    for (let n = 0; n < 6; n += 1) {
      const page = await browser.get("/sign-in");
      const sent = { email, password: "wrong horse battery", code: "000000" };
      const { status, headers } = await browser.submit(page, "/sign-in/password", sent);
      told.push(`${status} ${headers.get("retry-after")}`);
    }
    return told;
  };
  const known = await statuses(ada.user.email);
  expect(known).toEqual(["403 null", "403 null", "403 null", "403 null", "429 5", "429 5"]);
  expect(await statuses("nobody-here@example.com")).toEqual(known);
  // An address is one account however it is written.
  const other = await house.newPerson();
  await statuses(other.user.email.toUpperCase());
  expect((await statuses(other.user.email))[0]).toBe("429 5");
});

test("one address may fail thirty times a minute, whatever it tries; who gets in is not counted", async () => {
  const people = [await house.newPerson(), await house.newPerson(), await house.newPerson()];
  for (const person of people)
    expect((await signInWithPassword(house.browser(), person, { nowMs: house.clock.now() })).status).toBe(
      303,
    );
  const told: number[] = [];
  for (let n = 0; n < 31; n += 1) {
    const browser = house.browser();
    const page = await browser.get("/sign-in");
    const sent = { email: `nobody${n}@example.com`, password: "wrong horse", code: "000000" };
    const answer = await browser.submit(page, "/sign-in/password", sent);
    told.push(answer.status);
    if (answer.status === 429) expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  }
  expect(told).toEqual([...Array.from({ length: 30 }, () => 403), 429]);
  const browser = house.browser();
  const passkey = await browser.submit(await browser.get("/sign-in"), "/sign-in/passkey", {
    credential: "{}",
  });
  expect(passkey.status).toBe(429);
});

test("who is not here takes as long as a wrong password", async () => {
  await using real = await createTestSignIn({ clock: systemClock, passwordCostLog2: 14 });
  const took: Record<"known" | "unknown", number[]> = { known: [], unknown: [] };
  for (let round = 0; round < 12; round += 1)
    for (const kind of ["known", "unknown"] as const) {
      const browser = real.browser();
      const { user } = await real.newPerson();
      const page = await browser.get("/sign-in");
      const email = kind === "known" ? user.email : `nobody${round}@example.com`;
      const startedMs = performance.now();
      const sent = { email, password: "wrong horse battery", code: "000000" };
      const { status } = await browser.submit(page, "/sign-in/password", sent);
      took[kind].push(performance.now() - startedMs);
      expect(status).toBe(403);
    }
  const [known, unknown] = [median(took.known), median(took.unknown)];
  // Without the work of a hash the one would be a small part of the other.
  expect(Math.min(known, unknown) / Math.max(known, unknown)).toBeGreaterThan(0.6);
});

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

test("script in what strangers and people say of themselves is text on every page", async () => {
  const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>\u{202e}`;
  const printable = evil.replace("\u{202e}", "");
  const ada = await house.newPerson({ name: printable });
  const browser = house.browser();
  browser.userAgent = evil.replace("\u{202e}", "");
  await signInWithPassword(browser, ada, { nowMs: house.clock.now() });
  const [session] = await house.sessions.list(ada.user.id);
  await addGrant(house.database, {
    userId: ada.user.id,
    clientId: "client",
    clientName: evil,
    portal: "main",
    scopes: ["portal:main", evil],
    signInId: session?.id as never,
    createdAt: new Date(house.clock.now()),
    expiresAt: new Date(house.clock.now() + 1e9),
  });
  const made = await createInvitation(house.database, {
    userId: ada.user.id,
    createdBy: "test",
    nowMs: house.clock.now(),
  });
  const failed = await house
    .browser()
    .get("/sign-in")
    .then(async (page) => {
      const other = house.browser();
      const shown = await other.get("/sign-in");
      expect(page.status).toBe(200);
      return other.submit(shown, "/sign-in/password", { email: evil, password: "x", code: "x" });
    });
  const pages = [
    failed,
    await browser.get("/account"),
    await browser.get(`/account?done=${encodeURIComponent(evil)}`),
    await browser.get("/account/password"),
    await browser.get("/sign-out"),
    await browser.get(
      `/sign-in?again=1&to=${encodeURIComponent(evil)}&directory=${encodeURIComponent(evil)}`,
    ),
    await browser.get(welcomePath(made.secret)),
  ];
  for (const { text } of pages) {
    expect(text).not.toContain("<script>alert");
    expect(text).not.toContain("<img");
  }
  expect(pages[1]?.words).toContain(String.raw`\u{202E}`);
});

test("whatever is typed into a field, it is an answer and never a defect", async () => {
  const { browser, ids, person } = await signedIn();
  const path = welcomePath(ids["secret"] ?? "");
  const name = `/account/passkeys/${ids["id"]}/rename`;
  for (const hostile of [
    "\0",
    "a\0@b",
    "%00",
    "' or 1=1 --",
    "\u{202e}",
    "{",
    "null",
    "[]",
    '{"id":1}',
    "x".repeat(60_000),
  ]) {
    const fields = {
      email: hostile,
      password: hostile,
      code: hostile,
      credential: hostile,
      totp: hostile,
      name: hostile,
    };
    const answers = [
      await browser.submit(await browser.get("/sign-in?again=1"), "/sign-in/passkey", fields),
      await browser.submit(await browser.get("/sign-in?again=1"), "/sign-in/password", {
        ...fields,
        password: "",
      }),
      await browser.submit(await browser.get(path), `${path}/password`, { totp: hostile, password: "" }),
      await browser.submit(await browser.get(path), `${path}/passkey`, { credential: hostile }),
      await browser.submit(await browser.get(name.slice(0, -7)), name, {
        name: hostile === "x".repeat(60_000) ? hostile : `${hostile}\0`,
      }),
    ];
    for (const { status } of answers) expect([400, 403, 413, 429]).toContain(status);
  }
  expect(person.user.name).toBe((await house.people.get(person.user.id)).name);
});
