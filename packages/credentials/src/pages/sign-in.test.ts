/** Out to a real authorization server and back, and what others make of the way. */
import { sql } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import { afterEach, beforeEach, expect, test } from "vitest";
import { accountsTopic } from "../account.ts";
import type { NewLink } from "../links/links.ts";
import { linkPath } from "../links/paths.ts";
import { serveGuarded } from "../oauth/testing.ts";
import { startAuthorizationServer, type AuthorizationServer } from "../testing/authorization-server.ts";
import type { Target } from "../target.ts";
import {
  claude,
  openLinkScene,
  portal,
  startGuardedServer,
  type GuardedServer,
  type LinkScene,
  type TestPerson,
} from "./testing.ts";

let scene: LinkScene;
let server: AuthorizationServer;
let guarded: GuardedServer;
let target: Target;
let ada: TestPerson;
let eve: TestPerson;

beforeEach(async () => {
  scene = await openLinkScene();
  server = await startAuthorizationServer();
  guarded = await startGuardedServer(server.issuer);
  target = scene.target({ kind: "own_account" }, { url: guarded.url });
  ada = scene.somebody("Ada Lovelace");
  eve = scene.somebody("Eve");
});
afterEach(async () => {
  expect(scene.errors).toEqual([]);
  await guarded[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await scene[Symbol.asyncDispose]();
});

const ask = (more: Partial<NewLink> = {}, { person }: TestPerson = ada) =>
  scene.links.ask({
    targetId: target.id,
    owner: { kind: "person", id: person.id },
    personId: person.id,
    reason: "not_linked",
    from: claude,
    ...more,
  });

const begin = async (id: Id<"link">, { browser }: TestPerson = ada) => {
  const page = await browser.get(linkPath(id));
  const sent = await browser.submit(page, `${linkPath(id)}/begin`);
  expect([page.status, sent.status]).toEqual([200, 303]);
  return sent.location ?? "";
};
const toPath = ({ pathname, search }: URL) => pathname + search;
const accountOf = ({ person }: TestPerson) =>
  scene.accounts.find(target.id, { kind: "person", id: person.id });
const stateOf = async (id: Id<"link">) => (await scene.links.find(id))?.state;
const flows = async () =>
  (await scene.database.query<{ count: number }>(sql`select count(*)::int as count from link_flows`))[0]
    ?.count;

test("somebody reads what a client wants, signs in there, comes back, and is sent to their client", async () => {
  const { id } = await ask();
  const page = await ada.browser.get(linkPath(id));
  const host = new URL(server.issuer).host;
  expect(page.words).toBe(
    `Sign in at Notes ? A program that calls itself Claude wants to use this server for you, ` +
      `through the portal work . Each person uses it with their own account. ` +
      `You are signed in to Castellan as ada@example.com . Not you? ` +
      `Server ${new URL(target.url).host} You sign in at ${host} For read Asked just now ` +
      `You go to ${host} , sign in there, and come back. Castellan never sees your password. ` +
      `It is used for your own calls only. You can unlink it at any time. Continue to ${host} ` +
      `Did you not begin this, or do you not want it now? Then nothing is linked. Not now`,
  );
  const back = await server.signIn(await begin(id), "ada");
  const returned = await ada.browser.get(toPath(back));
  expect([returned.status, returned.location]).toEqual([303, linkPath(id)]);
  const done = await ada.browser.get(linkPath(id));
  expect(done.words).toBe(
    "Linked: Notes Go back to Claude . It goes on by itself, or you repeat there what you asked for. You can close this page.",
  );
  const { token } = await scene.accounts.usable(
    target,
    { kind: "person", id: ada.person.id },
    AbortSignal.timeout(20_000),
  );
  expect(await server.factsOf(token)).toMatchObject({ user: "ada", scopes: ["read"], audience: target.url });
  expect(await accountOf(ada)).toMatchObject({
    linkedBy: "ada@example.com",
    linkedFrom: "Claude",
    state: "linked",
  });
  expect(await flows()).toBe(0);
});

test("whoever has not signed in is asked to, in their directory, and comes back", async () => {
  const customer = scene.somebody("Cora", { directory: "customers" });
  const { id } = await ask({}, customer);
  const stranger = scene.browser();
  expect((await stranger.get(linkPath(id))).location).toBe(
    `/sign-in?${new URLSearchParams({ to: linkPath(id), directory: "customers" })}`,
  );
  expect((await stranger.get("/links")).location).toBe("/sign-in?to=%2Flinks&directory=workforce");
  const posted = await stranger.post(`${linkPath(id)}/begin`, new URLSearchParams());
  expect([posted.status, posted.title]).toEqual([401, "You are not signed in any more"]);
});

test("a link that somebody else was given tells nothing, and begins nothing", async () => {
  const { id } = await ask();
  const missing = `${id.slice(0, -4)}0000`;
  const [there, not] = [
    await eve.browser.get(linkPath(id)),
    await eve.browser.get(`/links/requests/${missing}`),
  ];
  expect([there.status, not.status]).toEqual([404, 404]);
  expect(there.text.replaceAll(id, "").replaceAll(/req_\w+/g, "")).toBe(
    not.text.replaceAll(missing, "").replaceAll(/req_\w+/g, ""),
  );
  expect(there.words).not.toContain("Notes");
  // With a form of her own.
  const own = await ask({}, eve);
  const token =
    (await eve.browser.get(linkPath(own.id))).forms.get(`${linkPath(own.id)}/begin`) ?? new URLSearchParams();
  for (const form of ["begin", "key", "decline"])
    expect((await eve.browser.post(`${linkPath(id)}/${form}`, token)).status).toBe(404);
  expect([await stateOf(id), await flows()]).toEqual(["pending", 0]);
});

test("a form is for one request, one person, one browser, and comes from here", async () => {
  const [one, two] = [await ask(), await ask({ from: { ...claude, clientId: "cli_2" } })];
  const tokenOf = async ({ browser }: TestPerson, { id }: { id: Id<"link"> }, form = "begin") =>
    (await browser.get(linkPath(id))).forms.get(`${linkPath(id)}/${form}`)?.get("form_token") ?? "";
  const send = async (form_token: string, headers: Record<string, string> = {}, form = "begin") =>
    (await ada.browser.post(`${linkPath(one.id)}/${form}`, new URLSearchParams({ form_token }), headers))
      .status;
  const mine = await tokenOf(ada, one);
  const elsewhere = scene.browser();
  ada.signIn(elsewhere);
  const ofOtherBrowser = (await elsewhere.get(linkPath(one.id))).forms
    .get(`${linkPath(one.id)}/begin`)
    ?.get("form_token");
  expect([
    await send(""),
    await send(await tokenOf(ada, two)),
    await send(await tokenOf(ada, one, "decline")),
    await send(mine, {}, "decline"),
    await send(ofOtherBrowser ?? ""),
    await send(await tokenOf(eve, await ask({}, eve))),
    await send(mine, { origin: "https://evil.example" }),
    await send(mine, { "sec-fetch-site": "cross-site" }),
    await send(mine, { "content-type": "text/plain" }),
  ]).toEqual(Array.from({ length: 9 }, () => 403));
  expect([await stateOf(one.id), await flows()]).toEqual(["pending", 0]);
  expect(await send(mine)).toBe(303);
});

test("what comes back is worth something to whoever went only: not in another browser, not to another person", async () => {
  const { id } = await ask();
  const back = await server.signIn(await begin(id), "ada");
  const [elsewhere, afterwards] = [scene.browser(), scene.browser()];
  ada.signIn(elsewhere);
  const title = "This sign-in is not yours, or is over";
  const stolen = await eve.browser.get(toPath(back));
  const other = await elsewhere.get(toPath(back));
  const nobody = await afterwards.get(toPath(back));
  expect([stolen.status, stolen.title, other.status, other.title, nobody.status]).toEqual([
    404,
    title,
    404,
    title,
    401,
  ]);
  expect([await accountOf(ada), await accountOf(eve), server.grants("authorization_code")]).toEqual([
    undefined,
    undefined,
    0,
  ]);
  // None of them took it from her.
  expect((await ada.browser.get(toPath(back))).status).toBe(303);
  expect(await stateOf(id)).toBe("linked");
});

test("somebody who is led to finish what an attacker began links nothing", async () => {
  const { id } = await ask({}, eve);
  // Eve began, and has Ada sign in at the other server: the answer comes back in Ada's browser.
  const back = await server.signIn(await begin(id, eve), "ada");
  expect((await ada.browser.get(toPath(back))).status).toBe(404);
  expect([await accountOf(ada), await accountOf(eve)]).toEqual([undefined, undefined]);
});

test("of sign-ins that were begun again and again the last ones are kept", async () => {
  const { id } = await ask();
  const begun = [];
  for (let times = 0; times < 12; times += 1) {
    begun.push(await scene.links.begin(id, ada.visitor, AbortSignal.timeout(20_000)));
    scene.clock.advance(1);
  }
  expect(await flows()).toBe(10);
  const back = await server.signIn(begun.at(-1) as URL, "ada");
  expect((await ada.browser.get(toPath(back))).status).toBe(303);
});

test("an answer is good once", async () => {
  const { id } = await ask();
  const back = await server.signIn(await begin(id), "ada");
  const answers = await Promise.all([1, 2, 3, 4].map(() => ada.browser.get(toPath(back))));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([303, 404, 404, 404]);
  expect(server.grants("authorization_code")).toBe(1);
  const again = await ada.browser.get(toPath(back));
  expect([again.status, again.words.includes("Nothing was linked")]).toEqual([404, true]);
});

test("an answer that is not the one that is awaited redeems nothing, and can be tried again", async () => {
  const changes: readonly (readonly [string, (back: URL) => void, number])[] = [
    ["wrong iss", (back) => back.searchParams.set("iss", "https://evil.example"), 502],
    ["iss with a slash more", (back) => back.searchParams.set("iss", `${server.issuer}/`), 502],
    ["no iss", (back) => back.searchParams.delete("iss"), 502],
    ["two iss", (back) => back.searchParams.append("iss", "https://evil.example"), 502],
    ["no state", (back) => back.searchParams.delete("state"), 404],
    ["another state", (back) => back.searchParams.set("state", "x".repeat(43)), 404],
    ["two states", (back) => back.searchParams.append("state", "x"), 404],
    ["another issuer's address", (back) => (back.pathname = `/links/callback/${"a".repeat(16)}`), 502],
    ["no code", (back) => back.searchParams.delete("code"), 502],
  ];
  for (const [name, change, status] of changes) {
    const { id } = await ask();
    const back = await server.signIn(await begin(id), "ada");
    change(back);
    const page = await ada.browser.get(toPath(back));
    expect([name, page.status]).toEqual([name, status]);
    expect(page.words).toContain("Nothing was linked.");
    if (status === 502) expect(page.text).toContain(`href="${linkPath(id)}">Try again`);
    expect([await stateOf(id), await accountOf(ada)]).toEqual(["pending", undefined]);
  }
  expect(server.grants("authorization_code")).toBe(0);
});

test("whoever says no there is told so, and may go on", async () => {
  const { id } = await ask();
  const back = await server.signIn(await begin(id), undefined);
  const page = await ada.browser.get(toPath(back));
  expect([page.status, page.title]).toEqual([403, "You did not allow it there"]);
  const again = await server.signIn(await begin(id), "ada");
  expect((await ada.browser.get(toPath(again))).status).toBe(303);
});

test("what an authorization server says of itself does not become ours", async () => {
  const { id } = await ask();
  const back = new URL(await begin(id));
  const callback = new URL(back.searchParams.get("redirect_uri") ?? "");
  callback.search = new URLSearchParams({
    state: back.searchParams.get("state") ?? "",
    iss: server.issuer,
    error: "server_error",
    error_description: `<script>alert(1)</script>\u202egnp.exe ${"x".repeat(5000)}`,
  }).toString();
  const page = await ada.browser.get(toPath(callback));
  expect([page.status, page.text.includes("<script"), page.text.includes("\u202e")]).toEqual([
    502,
    false,
    false,
  ]);
  expect(page.text.length).toBeLessThan(20_000);
});

test("a sign-in that took too long, or whose request was declined meanwhile, links nothing and keeps nothing", async () => {
  const late = await ask();
  const lateBack = await server.signIn(await begin(late.id), "ada");
  scene.clock.advance(600_000);
  expect((await ada.browser.get(toPath(lateBack))).status).toBe(404);

  const { id } = await ask();
  const back = await server.signIn(await begin(id), "ada");
  await scene.links.decline(id, ada.person.id);
  const page = await ada.browser.get(toPath(back));
  expect([page.status, await accountOf(ada)]).toEqual([410, undefined]);
});

test("a request lives as long as the sign-in that was begun for it", async () => {
  const { id } = await ask();
  scene.clock.advance(3_590_000);
  const back = await server.signIn(await begin(id), "ada");
  scene.clock.advance(590_000);
  expect((await ada.browser.get(toPath(back))).status).toBe(303);
});

test("an admin who turns the server elsewhere meanwhile gets nobody's tokens, also while the code is redeemed", async () => {
  const { id } = await ask();
  const back = await server.signIn(await begin(id), "ada");
  scene.targets.set(target.id, { ...target, url: "https://elsewhere.example/mcp" });
  expect((await ada.browser.get(toPath(back))).status).toBe(502);
  expect(server.grants("authorization_code")).toBe(0);

  scene.targets.set(target.id, target);
  const second = await server.signIn(await begin(id), "ada");
  const gate = server.hold("/token");
  const coming = ada.browser.get(toPath(second));
  await gate.arrived();
  scene.targets.set(target.id, { ...target, url: "https://elsewhere.example/mcp" });
  gate.open();
  expect((await coming).status).toBe(502);
  expect([await accountOf(ada), await stateOf(id)]).toEqual([undefined, "pending"]);
  // What was got for nothing was given back: both tokens.
  expect(server.asked("/token/revocation")).toBe(2);
});

test("a page that was shown before the server changed its authorization server leads nowhere", async () => {
  await using other = await startAuthorizationServer();
  const { id } = await ask();
  const page = await ada.browser.get(linkPath(id));
  guarded.issuer = other.issuer;
  // Longer than anything is remembered.
  scene.clock.advance(61_000);
  const sent = await ada.browser.submit(page, `${linkPath(id)}/begin`);
  expect([sent.status, sent.location, await flows()]).toEqual([403, undefined, 0]);
  expect(new URL(await begin(id)).origin).toBe(other.issuer);
});

test("a page that was shown before the server wanted more asks for no more than it showed", async () => {
  const scopes = ["read"];
  await using greedy = await startGuardedServer(server.issuer, scopes);
  const { id } = await ask({ targetId: scene.target({ kind: "own_account" }, { url: greedy.url }).id });
  const page = await ada.browser.get(linkPath(id));
  scopes.push("write");
  scene.clock.advance(61_000);
  const sent = await ada.browser.submit(page, `${linkPath(id)}/begin`);
  expect([sent.status, sent.location, await flows()]).toEqual([403, undefined, 0]);
  expect(new URL(await begin(id)).searchParams.get("scope")).toBe("read write");
});

test("who hides behind another's sign-in page is named beside it", async () => {
  await using evil = await serveGuarded((issuer) => ({
    "/.well-known/oauth-authorization-server": {
      issuer,
      authorization_endpoint: `${server.issuer}/auth`,
      token_endpoint: `${issuer}/token`,
      code_challenge_methods_supported: ["S256"],
    },
  }));
  guarded.issuer = evil.origin;
  const page = await ada.browser.get(linkPath((await ask()).id));
  const [there, behind] = [new URL(server.issuer).host, new URL(evil.origin).host];
  expect(page.words).toContain(`You sign in at ${there} , for ${behind} For read`);
});

test("a server that is removed while an account is stored leaves none behind", async () => {
  const { id } = await ask();
  const back = await server.signIn(await begin(id), "ada");
  const stop = scene.changes.on(accountsTopic, () => void scene.targets.delete(target.id));
  const page = await ada.browser.get(toPath(back));
  stop();
  expect([page.status, await scene.accounts.ofPerson(ada.person.id)]).toEqual([502, []]);
  expect(server.asked("/token/revocation")).toBeGreaterThanOrEqual(2);
});

test("of two authorization servers the answer of one does not pass for the other's", async () => {
  await using other = await startAuthorizationServer();
  await using otherGuard = await startGuardedServer(other.issuer);
  const evil = scene.target({ kind: "own_account" }, { url: otherGuard.url, slug: "evil", title: "Evil" });
  const [link, evilLink] = [await ask(), await ask({ targetId: evil.id })];
  const [there, evilThere] = [new URL(await begin(link.id)), new URL(await begin(evilLink.id))];
  expect(there.searchParams.get("redirect_uri")).not.toBe(evilThere.searchParams.get("redirect_uri"));
  const back = await server.signIn(there, "ada");
  // The code of the honest one, under the state and address of the other: it would be sent there to be redeemed.
  const mixed = new URL(evilThere.searchParams.get("redirect_uri") ?? "");
  mixed.search = back.search;
  mixed.searchParams.set("state", evilThere.searchParams.get("state") ?? "");
  expect((await ada.browser.get(toPath(mixed))).status).toBe(502);
  expect(other.asked("/token")).toBe(0);
  // And at its own address, under its own state.
  const swapped = new URL(evilThere.searchParams.get("redirect_uri") ?? "");
  swapped.search = back.search;
  expect((await ada.browser.get(toPath(swapped))).status).toBe(502);
  expect([other.asked("/token"), server.grants("authorization_code")]).toEqual([0, 0]);
});

test("a step up asks for what there is, too; the page says that it is more", async () => {
  await using more = await startGuardedServer(server.issuer, ["read"]);
  const wide = scene.target({ kind: "own_account" }, { url: more.url });
  const first = await ask({ targetId: wide.id });
  await ada.browser.get(toPath(await server.signIn(await begin(first.id), "ada")));
  const { id } = await ask({ targetId: wide.id, reason: "scope", scopes: ["write"] });
  const page = await ada.browser.get(linkPath(id));
  expect(page.words).toContain("That needs more than you allowed there before.");
  const url = new URL(await begin(id));
  expect(new Set(url.searchParams.get("scope")?.split(" "))).toEqual(new Set(["read", "write"]));
  await ada.browser.get(toPath(await server.signIn(url, "ada")));
  const account = await scene.accounts.find(wide.id, { kind: "person", id: ada.person.id });
  expect(new Set(account?.scopes)).toEqual(new Set(["read", "write"]));
});

test("an authorization server that has forgotten this installation knows it again at a later try", async () => {
  const { id } = await ask();
  const first = new URL(await begin(id)).searchParams.get("client_id");
  server.forgetClients();
  // A registration is good for that long before it is made anew.
  scene.clock.advance(600_000);
  const back = await server.signIn(await begin(id), "ada");
  expect((await ada.browser.get(toPath(back))).status).toBe(303);
  expect([server.asked("/reg"), first === server.exchanges.at(-1)?.clientId]).toEqual([2, false]);
});

test("the shared account is an admin's to sign in to, as long as they are one", async () => {
  const { id } = await ask({ owner: { kind: "shared" }, from: undefined });
  expect((await ada.browser.get(linkPath(id))).status).toBe(404);
  scene.admins.add(ada.person.id);
  const page = await ada.browser.get(linkPath(id));
  expect(page.words).toContain("This sign-in is for everybody");
  const back = await server.signIn(await begin(id), "bob");
  scene.admins.delete(ada.person.id);
  expect((await ada.browser.get(toPath(back))).status).toBe(404);
  expect(await scene.accounts.find(target.id, { kind: "shared" })).toBeUndefined();
  scene.admins.add(ada.person.id);
  await ada.browser.get(toPath(await server.signIn(await begin(id), "bob")));
  expect(await scene.accounts.find(target.id, { kind: "shared" })).toMatchObject({
    linkedBy: "ada@example.com",
  });
  expect(await accountOf(ada)).toBeUndefined();
});

test("an authorization server that does not answer is told on the page, which can be tried again", async () => {
  const dead = await startAuthorizationServer();
  guarded.issuer = dead.issuer;
  await dead[Symbol.asyncDispose]();
  const { id } = await ask();
  const page = await ada.browser.get(linkPath(id));
  expect(page.status).toBe(502);
  expect(page.words).toContain("This may pass: try again in a moment.");
  expect([...page.forms.keys()]).toEqual([`${linkPath(id)}/decline`]);
  expect(page.text).toContain(`href="${linkPath(id)}">Try again`);
});

test("pages are in no frame, run no script, and forms lead where the sign-in leads and nowhere else", async () => {
  const { id } = await ask();
  const page = await ada.browser.get(linkPath(id));
  const policy = page.headers.get("content-security-policy") ?? "";
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).toContain("form-action 'self' https: http:;");
  expect(policy).not.toContain("script-src");
  expect(page.headers.get("x-frame-options")).toBe("DENY");
  expect(page.headers.get("cache-control")).toBe("no-store");
  const key = scene.target({ kind: "own_key" });
  const other = await ask({ targetId: key.id });
  const keyPage = await ada.browser.get(linkPath(other.id));
  expect(keyPage.headers.get("content-security-policy")).toContain("form-action 'self';");
  const list = await ada.browser.get("/links");
  expect(list.headers.get("content-security-policy")).toContain("form-action 'self';");
});

test("names of clients, servers and scopes are strangers' words, and stay what they are", async () => {
  const hostile = `"><script>alert(1)</script>\u202e${"x".repeat(3000)}`;
  await using other = await startGuardedServer(server.issuer, [
    "<img/src=x>",
    ...Array.from({ length: 90 }, (_, i) => `s${i}`),
  ]);
  const bad = scene.target({ kind: "own_account" }, { url: other.url, title: hostile });
  scene.clients.push({ id: "cli_1", name: hostile });
  const { id } = await ask({
    targetId: bad.id,
    from: { clientId: "cli_1", clientName: hostile, portal: portal.slug },
  });
  for (const page of [await ada.browser.get(linkPath(id)), await ada.browser.get("/links")]) {
    expect([
      page.status,
      page.text.includes("<script"),
      page.text.includes("<img"),
      page.text.includes("\u202e"),
    ]).toEqual([200, false, false, false]);
    expect(page.text.length).toBeLessThan(60_000);
  }
});

test("this installation says who it is to authorization servers", async () => {
  await using at = await openLinkScene({}, "https://castellan.test");
  const url = at.oauth.clientMetadataUrl("https://auth.example");
  const answer = await at.app.request(url, { headers: { host: "castellan.test" } });
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/json"]);
  expect(await answer.json()).toMatchObject({
    client_id: url,
    redirect_uris: [at.oauth.redirectUri("https://auth.example")],
  });
  const unknown = await at.app.request(`${url}x`, { headers: { host: "castellan.test" } });
  expect(unknown.status).toBe(404);
});
