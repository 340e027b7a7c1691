/** What others than the person in front of the page try, each against a page that would give something. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestOAuth, type TestOAuth } from "../provider/testing.ts";
import { authorizePath, Browser, createPkce, publicUrl, redirectUri } from "../provider/testing-browser.ts";
import { createConsentScene, textOf, type ConsentScene, type Visit } from "./testing.ts";

let house: TestOAuth;
let scene: ConsentScene;
beforeAll(async () => {
  house = await createTestOAuth();
  scene = await createConsentScene(house);
});
afterAll(async () => {
  await house[Symbol.asyncDispose]();
  expect(house.errors).toEqual([]);
});

/** A page of a client of its own, in a browser of its own, that asks for reading at one server. */
async function aVisit(more: Readonly<Record<string, string | undefined>> = {}): Promise<Visit> {
  return scene.arrive({ clientId: await scene.addClient(), more: { scope: "goals:read", ...more } });
}

const reading = ["okrs", "portal:okrs", "goals:read"];

/** What an attempt is answered, what it led to, and what the person gives who decides then. */
async function outcomeOf(visit: Visit, attempt: () => Promise<Response>) {
  const before = await scene.grants();
  const { status } = await attempt();
  const after = await scene.grants();
  await visit.decide("allow");
  return [status, after.slice(before.length), (await scene.grants()).slice(after.length)];
}

test("there are as many forms as these tests know of", () => {
  const routes = scene.app.routes.filter(
    ({ method, path }) => method === "POST" && path.startsWith("/oauth/"),
  );
  expect(routes.map(({ path }) => path).toSorted()).toEqual([
    "/oauth/consent/:uid",
    "/oauth/consent/:uid/portal",
    // Where clients come, and no cookie counts.
    "/oauth/introspect",
    "/oauth/register",
    "/oauth/revoke",
    "/oauth/token",
  ]);
});

const strange: [what: string, attempt: NonNullable<Parameters<Visit["send"]>[0]>][] = [
  ["no token", { fields: { form_token: undefined } }],
  ["an empty token", { fields: { form_token: "" } }],
  [
    "a token that was made up",
    { fields: { form_token: `${Math.floor(Date.now() / 1000) + 60}.${"A".repeat(43)}` } },
  ],
  ["another site's origin", { headers: { origin: "https://evil.example" } }],
  ["the mark of another site", { headers: { "sec-fetch-site": "cross-site" } }],
  ["the mark of a neighbour", { headers: { "sec-fetch-site": "same-site" } }],
  ["a type that needs no preflight", { headers: { "content-type": "text/plain" } }],
];

test.each(strange)("a form with %s decides nothing", async (_, attempt) => {
  const visit = await aVisit();
  expect(await outcomeOf(visit, () => visit.send(attempt))).toEqual([403, [], [reading]]);
});

test.each(strange)("a form with %s chooses no portal", async (_, attempt) => {
  const { defaultPortal } = house;
  const { slug } = defaultPortal;
  defaultPortal.slug = undefined;
  const visit = await aVisit({ resource: undefined, scope: undefined });
  const fields = { ...attempt.fields, portal: "wiki", decision: undefined };
  const answer = await visit.send({ ...attempt, fields });
  const page = await visit.browser.send(scene.app, visit.arrival.url.pathname);
  defaultPortal.slug = slug;
  expect([visit.action, answer.status]).toEqual([`${visit.arrival.url.pathname}/portal`, 403]);
  expect(textOf(await page.text())).toContain("What is Editor to use?");
});

test("a token of another request, browser or person decides nothing", async () => {
  const visit = await aVisit();
  const inSameBrowser = await scene.arrive({ browser: visit.browser, more: { scope: "goals:read" } });
  const elsewhere = await aVisit();
  const bob = await house.addPerson("bob@example.com");
  const ofBob = await scene.arrive({ browser: await house.browserOf(bob) });
  for (const { fields } of [inSameBrowser, elsewhere, ofBob]) {
    const token = fields.get("form_token") ?? "";
    expect((await visit.send({ fields: { form_token: token } })).status).toBe(403);
  }
  expect(await outcomeOf(visit, () => visit.send({ fields: { form_token: "x" } }))).toEqual([
    403,
    [],
    [reading],
  ]);
});

test("a request is shown and answered only in the browser in which it began", async () => {
  const visit = await aVisit();
  const mallory = await house.addPerson("mallory@example.com");
  for (const browser of [await house.browserOf(mallory), await house.browserOf(scene.user), new Browser()]) {
    const page = await browser.send(scene.app, visit.action);
    expect([page.status, textOf(await page.text()).includes("Editor")]).toEqual([410, false]);
    expect((await visit.send({ browser })).status).toBe(410);
  }
  expect(await outcomeOf(visit, () => visit.send({ browser: new Browser() }))).toEqual([410, [], [reading]]);
});

test("a form that was shown to one person is not sent by the next in the same browser", async () => {
  const visit = await aVisit();
  const next = await house.addPerson("next@example.com");
  visit.browser.takeOver(await house.browserOf(next));
  const before = await scene.grants();
  expect((await visit.send()).status).toBe(403);
  // Also not by the same person, after they signed out and in.
  visit.browser.takeOver(await house.browserOf(scene.user));
  expect((await visit.send()).status).toBe(403);
  expect(await scene.grants()).toEqual(before);
});

test("a form is not taken from somebody who was signed out meanwhile", async () => {
  const user = await house.addPerson("gone@example.com");
  const browser = await house.browserOf(user);
  const visit = await scene.arrive({ browser, more: { scope: "goals:read" } });
  const { sessions } = house;
  await Promise.all((await sessions.list(user.id)).map(({ id }) => sessions.end(id)));
  const before = await scene.grants();
  const answer = await visit.send();
  expect([answer.status, answer.headers.get("location")?.split("?")[0]]).toEqual([302, "/sign-in"]);
  expect(await scene.grants()).toEqual(before);
});

test("a decision is taken once: again, and twenty at once", async () => {
  const once = await aVisit();
  const before = await scene.grants();
  expect([(await once.send()).status, (await once.send()).status]).toEqual([303, 410]);
  const visit = await aVisit();
  const answers = await Promise.all(Array.from({ length: 20 }, () => visit.send()));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([
    303,
    ...Array.from({ length: 19 }, () => 410),
  ]);
  expect((await scene.grants()).slice(before.length)).toEqual([reading, reading]);
});

test("nothing in the form but ticks says what is given, to whom, and where it is sent", async () => {
  const visit = await aVisit();
  const before = await scene.grants();
  const answer = await visit.send({
    fields: {
      portal: "wiki",
      resource: `${publicUrl}/p/wiki/mcp`,
      scope: "portal:okrs:destructive",
      client_id: scene.clientId,
      redirect_uri: "https://evil.example/cb",
      return_to: "https://evil.example/",
      user: "usr_1",
    },
  });
  const { url } = await visit.browser.follow(scene.app, answer.headers.get("location") ?? "");
  expect(url.origin + url.pathname).toBe(redirectUri);
  expect(await visit.redeem({ url, answer: undefined })).toMatchObject({ scope: "portal:okrs goals:read" });
  expect((await scene.grants()).slice(before.length)).toEqual([reading]);
});

test("a request for one portal is not turned to another", async () => {
  const visit = await aVisit();
  const answer = await visit.send({ path: `${visit.action}/portal`, fields: { portal: "wiki" } });
  expect([answer.status, answer.headers.get("location")]).toEqual([303, visit.action]);
  expect(await outcomeOf(visit, () => visit.send({ fields: { form_token: "" } }))).toEqual([
    403,
    [],
    [reading],
  ]);
});

const hostile = `"><script>alert(1)</script><img src=x onerror=alert(2)>'\u202e`;

test("a client's words are text, whatever they hold", async () => {
  const scheme = "com.evil.x://a/'onload=alert(1)'";
  const clientId = await scene.addClient({
    client_name: `"><script>alert(1)</script>'`,
    client_uri: "https://evil.example/%22%3E%3Cscript%3E",
    redirect_uris: [scheme, redirectUri],
  });
  const more = { scope: `goals:read ${hostile}`, state: hostile, redirect_uri: scheme, login_hint: hostile };
  const { arrival, text } = await scene.arrive({ clientId, more });
  const html = (await arrival.answer?.text()) ?? "";
  expect(text.split("\n")[0]).toBe("Let &quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39; use OKRS?");
  expect([...html.matchAll(/<(script|img|[a-z]+ [^>]*\son\w+=)/g)]).toEqual([]);
  expect(arrival.answer?.headers.get("content-security-policy")).toContain(
    "form-action 'self' com.evil.x: https:; frame-ancestors 'none'",
  );
});

test.each([
  ["a client that nobody knows", { client_id: hostile }],
  ["an address that the client did not register", { redirect_uri: `https://evil.example/${hostile}` }],
  ["no address that could be registered", { redirect_uri: `javascript:alert(1)//${hostile}` }],
])("%s: a page for the person, and no redirect", async (_, more) => {
  const { arrival, text } = await scene.arrive({ more });
  const html = (await arrival.answer?.text()) ?? "";
  expect([arrival.url.pathname, arrival.answer?.status, text.split("\n")[0]]).toEqual([
    "/oauth/authorize",
    400,
    "This cannot be answered",
  ]);
  expect(html.match(/<(script|img)/g)).toBeNull();
  expect(html).not.toContain("\u202e");
});

test("an answer goes nowhere but where the client registered, also when it is a no", async () => {
  const browser = await house.browserOf(scene.user);
  for (const to of [
    "https://evil.example/cb",
    `${redirectUri}/../evil`,
    `${redirectUri}@evil.example`,
    "//evil.example",
  ])
    for (const prompt of ["login", "none"]) {
      const path = authorizePath(scene.clientId, createPkce(), {
        redirect_uri: to,
        prompt,
        scope: "goals:read",
      });
      const answer = await browser.send(scene.app, path);
      expect([to, answer.status, answer.headers.get("location")]).toEqual([to, 400, null]);
    }
});

test("no page is shown in a frame or kept by a cache, and none runs a script", async () => {
  const visit = await aVisit();
  const { portals } = house;
  const okrs = portals.get("okrs");
  if (okrs === undefined) throw new Error("There is no such portal");
  const again = await visit.send({ fields: { use: undefined } });
  const stale = await visit.send({ fields: { form_token: "" } });
  const gone = await new Browser().send(scene.app, visit.action);
  const unknown = await scene.arrive({ more: { client_id: "unknown" } });
  const api = await aVisit({ resource: `${publicUrl}/api/v1` });
  portals.set("okrs", { ...okrs, access: [] });
  const none = await aVisit();
  portals.set("docs", { ...okrs, slug: "docs", publicUrl: `${publicUrl}/p/docs/mcp` });
  const choice = await aVisit({ resource: undefined });
  portals.set("okrs", okrs);
  portals.delete("docs");
  const pages = { again, stale, gone, ...answersOf({ visit, unknown, api, none, choice }) };
  expect(Object.keys(pages)).toEqual(["again", "stale", "gone", "visit", "unknown", "api", "none", "choice"]);
  for (const [name, page] of Object.entries(pages)) {
    const policy = page.headers.get("content-security-policy")?.split("; ") ?? [];
    expect([
      name,
      policy.filter((one) => /^(?:default-src|script-src|frame-ancestors|base-uri) /.test(one)),
      page.headers.get("x-frame-options"),
      page.headers.get("cache-control"),
      page.headers.get("content-type"),
    ]).toEqual([
      name,
      ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"],
      "DENY",
      "no-store",
      "text/html; charset=utf-8",
    ]);
  }
});

function answersOf(visits: Readonly<Record<string, Visit>>): Record<string, Response> {
  return Object.fromEntries(
    Object.entries(visits).flatMap(([name, { arrival }]) =>
      arrival.answer === undefined ? [] : [[name, arrival.answer]],
    ),
  );
}
