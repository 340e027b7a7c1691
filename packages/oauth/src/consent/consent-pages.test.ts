import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { pageGrants, type AccessRule } from "@castellan/access";
import type { PortalForConsent } from "../ports.ts";
import { createTestOAuth, type TestOAuth } from "../provider/testing.ts";
import { Browser, publicUrl, readForm, redirectUri, type Arrival } from "../provider/testing-browser.ts";
import { createConsentScene, textOf, type ConsentScene } from "./testing.ts";

let house: TestOAuth;
let scene: ConsentScene;
beforeAll(async () => {
  house = await createTestOAuth();
});
beforeEach(async () => {
  scene = await createConsentScene(house);
});
afterEach(async () => {
  house.policy.mayEnter = () => true;
  house.defaultPortal.slug = "okrs";
  await scene[Symbol.asyncDispose]();
});
afterAll(async () => {
  await house[Symbol.asyncDispose]();
  expect(house.errors).toEqual([]);
});

/** Who may use what of `okrs` from now on. */
function setAccess(...access: AccessRule[]): void {
  changePortal("okrs", { access });
}

function changePortal(slug: string, change: Partial<PortalForConsent>): void {
  const { portals } = house;
  const portal = portals.get(slug);
  if (portal !== undefined) portals.set(slug, { ...portal, ...change });
}

/** Where the client is sent, without what is different each time. */
function answerOf({ url }: Arrival): string {
  const answer = new URL(url);
  for (const name of ["code", "iss"]) if (answer.searchParams.has(name)) answer.searchParams.set(name, "…");
  return decodeURIComponent(answer.href);
}

const asksToSignIn = (arrival: Arrival) => [arrival.url.pathname, ...arrival.url.searchParams.values()];

test("the page says who asks, what for, for how long, and what else could be given", async () => {
  const { text, fields, arrival } = await scene.arrive({
    more: { scope: "portal:okrs portal:okrs:read goals:write" },
  });
  expect(arrival.answer?.status).toBe(200);
  expect(fields.getAll("use")).toEqual(["goals:read", "goals:write", "files:read"]);
  expect(text).toBe(`Let Editor use OKRS?
You are signed in as Ada (ada@example.com). Not you?
It chose this name itself; nobody has checked it. Access is handed to a program on this computer.
Any program on this computer could call itself that. Go on only if you have just started it yourself.
What it asks for
Goals
Look things up 2 tools
Create and change things 1 tool
Files
Look things up 3 tools
If all boxes for looking up stay ticked, servers that are added to OKRS later are included.
More that you could allow
Goals
Delete and overwrite things 1 tool
This lasts for 14 days. It acts in your name until then. You can end it at any time in your account.
Allow
Do not allow`);
});

test("whoever leaves the page as it is gives what was asked for, and the client is told so", async () => {
  const visit = await scene.arrive({ more: { scope: "portal:okrs portal:okrs:read goals:write" } });
  const end = await visit.decide("allow");
  expect(answerOf(end)).toBe(`${redirectUri}?code=…&state=st&iss=…`);
  expect(await visit.redeem(end)).toMatchObject({ scope: "portal:okrs portal:okrs:read goals:write" });
  expect(await scene.grants()).toEqual([["okrs", "portal:okrs", "portal:okrs:read", "goals:write"]]);
});

test("a person can give less than was asked for, and more", async () => {
  const less = await scene.arrive({ more: { scope: "portal:okrs portal:okrs:read goals:write" } });
  expect(await less.redeem(await less.decide("allow", ["goals:read"]))).toMatchObject({
    scope: "portal:okrs goals:read",
  });
  const more = await scene.arrive({ clientId: await scene.addClient(), more: { scope: "goals:read" } });
  expect(await more.redeem(await more.decide("allow", ["goals:read", "goals:destructive"]))).toMatchObject({
    scope: "portal:okrs goals:read goals:destructive",
  });
});

test("a step-up asks for what is new, and what the client has stays", async () => {
  const first = await scene.arrive({ more: { scope: "goals:read" } });
  await first.decide("allow");
  const second = await scene.arrive({ more: { scope: "goals:read goals:write" } });
  expect(second.fields.getAll("use")).toEqual(["goals:write"]);
  expect(second.text.split("\n").slice(4, 7)).toEqual([
    "What it asks for",
    "Goals",
    "Create and change things 1 tool",
  ]);
  expect(second.text).toContain("\nWhat it may do already\nGoals Look things up\n");
  expect(await second.redeem(await second.decide("allow"))).toMatchObject({
    scope: "portal:okrs goals:read goals:write",
  });
  const third = await scene.arrive({ more: { scope: "goals:read" } });
  expect(third.text.split("\n")[4]).toBe("It asks for nothing new");
  expect(await third.redeem(await third.decide("allow"))).toMatchObject({
    scope: "portal:okrs goals:read goals:write",
  });
});

test("what another person, or another client, was given is held by nobody else", async () => {
  await (await scene.arrive({ more: { scope: "goals:read" } })).decide("allow");
  const other = await house.addPerson("bob@example.com");
  const scope = { scope: "goals:write" };
  const byBob = await scene.arrive({ browser: await house.browserOf(other), more: scope });
  const byOtherClient = await scene.arrive({ clientId: await scene.addClient(), more: scope });
  for (const { text } of [byBob, byOtherClient]) expect(text).not.toContain("What it may do already");
});

test("whoever is not the one who is signed in signs in as themselves, and decides on the same request", async () => {
  const carol = await house.addPerson("carol@example.com");
  const visit = await scene.arrive();
  const page = (await visit.arrival.answer?.text()) ?? "";
  const [, link = ""] = /href="([^"]*)">Not you\?/.exec(page) ?? [];
  const { pathname } = visit.arrival.url;
  expect(link.replaceAll("&amp;", "&")).toBe(
    `/sign-in?${new URLSearchParams({ return_to: pathname, again: "false", other: "true", directory: "workforce" })}`,
  );
  visit.browser.takeOver(await house.browserOf(carol));
  // What was shown to Ada is no form of Carol's.
  expect((await visit.send()).status).toBe(403);
  const hers = await visit.browser.follow(scene.app, pathname);
  expect(textOf((await hers.answer?.clone().text()) ?? "")).toContain("(carol@example.com). Not you?");
  const { action, fields } = await readForm(hers);
  fields.set("decision", "allow");
  const { url } = await visit.browser.follow(scene.app, action, { method: "POST", body: fields });
  expect(url.searchParams.has("code")).toBe(true);
  expect(await pageGrants(house.database, { userId: carol.id, limit: 10 })).toHaveLength(1);
  await house.people.remove(carol.id, { by: "owner" });
});

test("whoever is not signed in signs in first, as one of the portal's directory, and comes back to the page", async () => {
  const browser = new Browser();
  const { arrival } = await scene.arrive({ browser });
  const [path, returnTo, ...rest] = asksToSignIn(arrival);
  expect([path, ...rest]).toEqual(["/sign-in", "false", "workforce"]);
  expect(returnTo).toMatch(/^\/oauth\/consent\/[\w-]+$/);
  changePortal("okrs", { directory: "customers" });
  expect(asksToSignIn((await scene.arrive({ browser })).arrival).at(-1)).toBe("customers");
});

test("prompt=login asks for a proof that was made since; prompt=none may not ask at all", async () => {
  const { clock } = house;
  clock.advance(-5000);
  const browser = await house.browserOf(scene.user);
  clock.advance(5000);
  const { arrival } = await scene.arrive({ browser, more: { prompt: "login" } });
  const [path, returnTo = "", ...rest] = asksToSignIn(arrival);
  expect([path, ...rest]).toEqual(["/sign-in", "true", "workforce"]);
  // The same browser comes back with a session that was begun since.
  browser.takeOver(await house.browserOf(scene.user));
  expect((await browser.send(scene.app, returnTo)).status).toBe(200);
  const none = { prompt: "none" };
  const silent = await scene.arrive({ more: none });
  const unknown = await scene.arrive({ browser: new Browser(), more: none });
  expect([silent, unknown].map(({ arrival: { url } }) => url.searchParams.get("error"))).toEqual([
    "consent_required",
    "login_required",
  ]);
  expect(await scene.grants()).toEqual([]);
});

test("a no is told to the client", async () => {
  const end = await (await scene.arrive()).decide("deny");
  expect(answerOf(end)).toBe(
    `${redirectUri}?error=access_denied&error_description=the+person+did+not+let+the+client+in&state=st&iss=…`,
  );
  expect(await scene.grants()).toEqual([]);
});

test("a form that says neither yes nor no is a no", async () => {
  const visit = await scene.arrive();
  await visit.send({ fields: { decision: undefined } });
  expect(await scene.grants()).toEqual([]);
});

test("nothing beyond the person's rights is shown, and none of it is given when it is posted", async () => {
  setAccess({ who: "everyone", classes: ["read"], servers: ["goals"] });
  const visit = await scene.arrive({ more: { scope: "portal:okrs portal:okrs:read goals:write" } });
  expect(visit.text.split("\n").slice(4, -3)).toEqual([
    "What it asks for",
    "Goals",
    "Look things up 2 tools",
    "It asked for more than you may use yourself. That is left out.",
  ]);
  const posted = [
    "goals:read",
    "goals:write",
    "files:read",
    "portal:okrs:destructive",
    "portal:wiki",
    "api",
    "",
  ];
  const end = await visit.decide("allow", posted);
  expect(await visit.redeem(end)).toMatchObject({ scope: "portal:okrs goals:read" });
  expect(await scene.grants()).toEqual([["okrs", "portal:okrs", "goals:read"]]);
});

test("where a client asks only for what they may not use, the page says so and shows what they could give", async () => {
  setAccess({ who: "everyone", classes: ["write"], servers: ["goals"] });
  const visit = await scene.arrive({ more: { scope: "goals:read" } });
  expect(visit.text.split("\n").slice(4, -3)).toEqual([
    "It asks for nothing that you can allow",
    "It asked for more than you may use yourself. That is left out.",
    "More that you could allow",
    "Goals",
    "Create and change things 1 tool",
  ]);
  expect(visit.fields.getAll("use")).toEqual([]);
  expect(await visit.arrival.answer?.text()).toContain("<details open>");
});

test("rights that ended while the page was open are not given", async () => {
  const visit = await scene.arrive({ more: { scope: "goals:read goals:write" } });
  setAccess({ who: "everyone", classes: ["read"] });
  await visit.decide("allow");
  expect(await scene.grants()).toEqual([["okrs", "portal:okrs", "goals:read"]]);
});

test("without a tick the page asks again, and keeps the request open", async () => {
  const visit = await scene.arrive({ more: { scope: "goals:read" } });
  const { answer } = await visit.decide("allow", ["files:write"]);
  const text = textOf((await answer?.text()) ?? "");
  expect([answer?.status, text.split("\n")[5]]).toEqual([
    400,
    "Tick at least one thing that it may do, or do not let it in.",
  ]);
  await visit.decide("allow");
  expect(await scene.grants()).toEqual([["okrs", "portal:okrs", "goals:read"]]);
});

test("whoever may use nothing of the portal is told so without its name, and can only go back", async () => {
  setAccess({ who: "group:secret", classes: ["read"] });
  changePortal("okrs", { title: "Hidden title" });
  const visit = await scene.arrive();
  expect(visit.arrival.answer?.status).toBe(403);
  expect(visit.text).toBe(`This is not open to you
You are signed in as Ada (ada@example.com). Not you?
Editor wants to use something here that you have no access to. Ask the person who gave you its address, or an admin, to let you in.
Go back to the program`);
  expect((await visit.decide("allow", ["goals:read"])).url.searchParams.get("error")).toBe("access_denied");
  expect(await scene.grants()).toEqual([]);
});

test("whom rules keep out is told so and no more, asked as they are and from where they come", async () => {
  const asked: unknown[] = [];
  let isLetIn = false;
  house.policy.mayEnter = ({ email, clientId, provider, amr, claims }, portal, c) => {
    asked.push([email, clientId === scene.clientId, provider, amr, claims, portal, c !== undefined]);
    return isLetIn;
  };
  const visit = await scene.arrive();
  expect(visit.arrival.answer?.status).toBe(403);
  expect(visit.text).toBe(`You cannot let this in from here
You are signed in as Ada (ada@example.com). Not you?
Editor wants to use something here that is kept from you by rules: because of who you are, how you signed in, or where you are now. Ask an admin if you need it.
Go back to the program`);
  expect(asked).toEqual([["ada@example.com", true, "local", ["pwd", "otp"], {}, "okrs", true]]);
  // A page that was shown before is judged again.
  isLetIn = true;
  const open = await scene.arrive();
  isLetIn = false;
  expect((await open.send()).status).not.toBe(303);
  expect((await visit.decide("allow", ["goals:read"])).url.searchParams.get("error")).toBe("access_denied");
  expect(await scene.grants()).toEqual([]);
});

test("a portal that rules keep them out of is no choice; with none left they are told so", async () => {
  house.defaultPortal.slug = undefined;
  house.policy.mayEnter = (_, portal) => Promise.resolve(portal === "wiki");
  const one = await scene.arrive({ more: { resource: undefined, scope: undefined } });
  expect(one.text.split("\n")[0]).toBe("Let Editor use WIKI?");
  house.policy.mayEnter = () => false;
  const none = await scene.arrive({ more: { resource: undefined, scope: undefined } });
  expect([none.arrival.answer?.status, none.text.split("\n")[0]]).toEqual([
    403,
    "You cannot let this in from here",
  ]);
});

test("somebody of the other directory may use nothing", async () => {
  const customer = await house.addPerson("carol@example.com", { directory: "customers" });
  const browser = await house.browserOf(customer);
  const { arrival } = await scene.arrive({ browser });
  expect(arrival.answer?.status).toBe(403);
  const api = await scene.arrive({ browser, more: { resource: `${publicUrl}/api/v1` } });
  expect(api.arrival.answer?.status).toBe(403);
});

test("the API is one thing, said by the person's role", async () => {
  const visit = await scene.arrive({ more: { resource: `${publicUrl}/api/v1`, scope: "api goals:read" } });
  expect(visit.text.split("\n").slice(0, 7)).toEqual([
    "Let Editor use Castellan itself?",
    "You are signed in as Ada (ada@example.com). Not you?",
    "It chose this name itself; nobody has checked it. Access is handed to a program on this computer.",
    "Any program on this computer could call itself that. Go on only if you have just started it yourself.",
    "What it asks for",
    "It could see and end what you have allowed to other programs.",
    "It could also approve or reject, in your name, what others ask you to decide.",
  ]);
  expect(await visit.redeem(await visit.decide("allow", ["goals:read"]))).toMatchObject({ scope: "api" });
  expect(await scene.grants()).toEqual([[undefined, "api"]]);
  const again = await scene.arrive({ more: { resource: `${publicUrl}/api/v1` } });
  expect(again.text).toContain("You have allowed this before.");
});

test("a client that names no portal gets the default one, if the person may use it", async () => {
  const { text, decide, redeem } = await scene.arrive({ more: { resource: undefined } });
  expect(text.split("\n")[0]).toBe("Let Editor use OKRS?");
  expect(await redeem(await decide("allow"))).toMatchObject({ scope: "portal:okrs portal:okrs:read" });
});

test("otherwise the person chooses, of those that are open to them, and decides then", async () => {
  setAccess();
  const { portals } = house;
  const wiki = portals.get("wiki");
  if (wiki === undefined) throw new Error("There is no wiki");
  portals.set("docs", { ...wiki, slug: "docs", title: "DOCS", publicUrl: `${publicUrl}/p/docs/mcp` });
  portals.set("none", {
    ...wiki,
    slug: "none",
    title: "NONE",
    access: [],
    publicUrl: `${publicUrl}/p/none/mcp`,
  });
  const visit = await scene.arrive({ more: { resource: undefined, scope: "goals:read" } });
  expect(visit.text).toBe(`What is Editor to use?
You are signed in as Ada (ada@example.com). Not you?
It did not say. Choose one; what it may do there comes next.
WIKI 2 servers
Choose WIKI
DOCS 2 servers
Choose DOCS`);

  // One that is not open to them is no choice, nor is a decision before it.
  for (const fields of [{ portal: "none" }, { portal: "okrs" }, { portal: "unknown" }, {}]) {
    const answer = await visit.send({ fields });
    expect([answer.status, answer.headers.get("location")]).toEqual([303, visit.arrival.url.pathname]);
  }
  const early = await visit.send({ path: visit.arrival.url.pathname, fields: { use: "goals:read" } });
  expect(early.headers.get("location")).toBe(visit.arrival.url.pathname);

  expect((await visit.send({ fields: { portal: "docs" } })).status).toBe(303);
  // It is settled: the page of the choice is of no use any more.
  expect((await visit.send({ fields: { portal: "wiki" } })).status).toBe(403);
  const page = await (await visit.browser.send(scene.app, visit.arrival.url.pathname)).text();
  expect(textOf(page).split("\n")[0]).toBe("Let Editor use DOCS?");
  expect(await scene.grants()).toEqual([]);
});

test("the only portal that is open to them needs no choice", async () => {
  setAccess();
  const { text } = await scene.arrive({ more: { resource: undefined } });
  expect(text.split("\n")[0]).toBe("Let Editor use WIKI?");
});
