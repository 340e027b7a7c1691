/** A link is good for whoever it was made for, in the browser in which they began, once. */
import { startAuthorizationServer, type AuthorizationServer } from "@castellan/credentials/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Loose } from "../portal/client.ts";
import { last, outcome } from "../policy/approvals/scene.ts";
import { HttpBrowser } from "../sign-in/http-browser.ts";
import { signIn } from "../sign-in/people.ts";
import { formTo, pageIn, textIn } from "./answers.ts";
import { openAccounts, type HouseScene } from "./houses.ts";
import type { Visitor } from "./scene.ts";
import { startProtectedServer, type ProtectedServer } from "./upstream/protected-server.ts";

const opened = new AsyncDisposableStack();
let authorizationServer: AuthorizationServer;
let server: ProtectedServer;
let scene: HouseScene;
let ada: Visitor;
let eve: Visitor;
beforeAll(async () => {
  authorizationServer = opened.use(await startAuthorizationServer());
  server = opened.use(await startProtectedServer({ authorizationServer }));
  scene = opened.use(await openAccounts());
  authorizationServer.users.add("eve");
  ada = await scene.come("Ada");
  eve = await scene.come("Eve");
  await scene.add("notes", server);
});
afterAll(() => opened.disposeAsync());

const asked = async ({ door }: Visitor, client?: string) =>
  pageIn(await last(scene.call(await door("notes", client), "notes_whoami")));
const accounts = async () => {
  const { items } = await scene.api<{ items: Loose[] }>("GET", "/servers/notes/accounts");
  return items.filter(({ owner }) => owner.kind === "person").map(({ owner }) => owner.id);
};

test("the person sees which client set it off, where they would sign in, and for what", async () => {
  const { text } = await ada.browser.open(await asked(ada, "Trip planner"));
  expect(text).toContain("A program that calls itself Trip planner wants to use this server for you");
  expect(text).toContain(new URL(server.url).host);
  expect(text).toContain(new URL(authorizationServer.issuer).host);
});

test("somebody else's page shows nothing and does nothing", async () => {
  const page = await asked(ada);
  const form = formTo(await ada.browser.open(page), "begin");
  const shown = await eve.browser.open(page);
  expect([shown.status, shown.text.includes("notes")]).toEqual([404, false]);
  expect((await eve.browser.send(form)).status).toBe(404);
});

test("who brings back a sign-in that another one began gains nothing, and gives nothing away", async () => {
  // Eve signs in as herself there, and has Ada's browser finish it: Ada would write into Eve's notes.
  const planted = await authorizationServer.signIn(await scene.begin(eve, await asked(eve)), "eve");
  // Ada signs in, and her way back is stolen before she is there.
  const stolen = await authorizationServer.signIn(await scene.begin(ada, await asked(ada)), "ada");
  const grants = authorizationServer.grants("authorization_code");
  const elsewhere = new HttpBrowser(scene.relay.url);
  await signIn(elsewhere, await elsewhere.open("/account"), ada);
  for (const [browser, back] of [
    [ada.browser, planted],
    [eve.browser, stolen],
    // The same person in another browser: somebody made her follow a link.
    [elsewhere, stolen],
  ] as const) {
    const { status, text } = await browser.open(back);
    expect([status, text.includes("Nothing was linked")]).toEqual([404, true]);
  }
  expect(authorizationServer.grants("authorization_code")).toBe(grants);
  expect(await accounts()).toEqual([]);

  // Her own browser still can, once.
  expect((await ada.browser.open(stolen)).text).toContain("Linked");
  expect((await ada.browser.open(stolen)).status).toBe(404);
  expect(await accounts()).toEqual([ada.id]);
  expect(textIn(await last(scene.call(await ada.door("notes"), "notes_whoami")))).toBe("ada");
  expect(await outcome(scene.call(await eve.door("notes"), "notes_whoami"))).toBe("link_required");
});

test("a way back with another state, no issuer, another issuer, or at another's address is nobody's", async () => {
  const spoilt: ((back: URL) => void)[] = [
    ({ searchParams }) => searchParams.set("state", "another"),
    ({ searchParams }) => searchParams.delete("state"),
    ({ searchParams }) => searchParams.delete("iss"),
    ({ searchParams }) => searchParams.set("iss", "https://evil.example"),
    (back) => (back.pathname = back.pathname.replace(/.{4}$/, "aaaa")),
  ];
  const grants = authorizationServer.grants("authorization_code");
  for (const spoil of spoilt) {
    const back = await authorizationServer.signIn(await scene.begin(eve, await asked(eve)), "eve");
    spoil(back);
    const { status, text } = await eve.browser.open(back);
    expect([status === 200, text.includes("Linked")]).toEqual([false, false]);
  }
  expect(authorizationServer.grants("authorization_code")).toBe(grants);
  expect(await outcome(scene.call(await eve.door("notes"), "notes_whoami"))).toBe("link_required");
});

test("somebody who leaves loses their account there, and its tokens are taken back", async () => {
  const gone = await scene.come("Gone");
  authorizationServer.users.add("gone");
  await scene.linkHere(gone, "notes");
  await last(scene.call(await gone.door("notes"), "notes_whoami"));
  const { token = "" } = server.visits.findLast(({ user }) => user === "gone") ?? {};
  expect(await authorizationServer.factsOf(token)).toMatchObject({ user: "gone" });
  await scene.api("PATCH", `/users/${gone.id}`, { status: "suspended" });
  await expect.poll(() => authorizationServer.factsOf(token)).toBeUndefined();
  expect(await accounts()).not.toContain(gone.id);
});
