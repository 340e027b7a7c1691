import { afterEach, beforeEach, expect, test } from "vitest";
import { linkPath } from "../links/paths.ts";
import { claude, openLinkScene, portal, type LinkScene, type TestPerson } from "./testing.ts";

let scene: LinkScene;
let ada: TestPerson;
let eve: TestPerson;

beforeEach(async () => {
  scene = await openLinkScene();
  ada = scene.somebody("Ada Lovelace");
  eve = scene.somebody("Eve");
});
afterEach(async () => {
  expect(scene.errors).toEqual([]);
  await scene[Symbol.asyncDispose]();
});

const keyed = (title: string) =>
  scene.target({ kind: "own_key" }, { title, url: `https://${title.toLowerCase()}.example/mcp` });

/** From the list to a key, and back. */
async function enter(targetId: string, key = "k-1", { browser }: TestPerson = ada): Promise<string> {
  const begun = await browser.submit(await browser.get("/links"), `/links/servers/${targetId}/link`);
  const path = begun.location ?? "";
  const done = await browser.submit(await browser.get(path), `${path}/key`, { key });
  expect([begun.status, done.status, done.location]).toEqual([303, 303, path]);
  return path;
}
const accountOf = ({ person }: TestPerson, targetId: string) =>
  scene.accounts.find(targetId, { kind: "person", id: person.id });

test("somebody sees what needs them, what is linked and what needs nothing; links one and unlinks it", async () => {
  const notes = keyed("Notes");
  scene.target({ kind: "none" }, { title: "Weather", url: "https://weather.example/mcp" });
  scene.target({ kind: "identity" }, { title: "Payroll", url: "https://payroll.example/mcp" });
  scene.target({ kind: "shared_account" }, { title: "Wiki", url: "https://wiki.example/mcp" });
  const before = await ada.browser.get("/links");
  expect(before.words).toBe(
    "Your servers You are signed in as ada@example.com . Not you? " +
      "These need you Notes notes.example · in Work It needs a key of yours. Enter a key " +
      "Work Weather weather.example It needs no account. " +
      "Payroll payroll.example It knows you by your sign-in here. There is nothing to link. " +
      "Wiki wiki.example It is used with an account that an admin has set up for everybody.",
  );
  const path = await enter(notes.id);
  expect((await ada.browser.get(path)).words).toBe("Linked: Notes It can be used now.");
  const after = await ada.browser.get("/links");
  expect(after.words).toContain(
    "Work Notes notes.example Linked just now . Enter another key Unlink Weather",
  );
  expect(after.words).not.toContain("These need you");
  const { id } = (await accountOf(ada, notes.id)) ?? {};
  const ended = await ada.browser.submit(after, `/links/accounts/${id}/unlink`);
  expect([ended.status, ended.location, await accountOf(ada, notes.id)]).toEqual([303, "/links", undefined]);
  // Twice is once.
  expect((await ada.browser.submit(after, `/links/accounts/${id}/unlink`)).status).toBe(303);
});

test("entering another key takes the place of the first", async () => {
  const notes = keyed("Notes");
  await enter(notes.id, "k-1");
  const path = `/links/servers/${notes.id}/link`;
  const begun = await ada.browser.submit(await ada.browser.get("/links"), path);
  expect((await ada.browser.get(begun.location ?? "")).words).toContain("It is linked already.");
  await enter(notes.id, "k-2");
  const { token } = await scene.accounts.usable(
    notes,
    { kind: "person", id: ada.person.id },
    AbortSignal.timeout(20_000),
  );
  expect(token).toBe("k-2");
});

test("what was entered is on no page, and a wrong key is not put back into the form", async () => {
  const notes = keyed("Notes");
  const path = await enter(notes.id, "top-secret-1");
  const begun = await ada.browser.submit(await ada.browser.get("/links"), `/links/servers/${notes.id}/link`);
  const next = begun.location ?? "";
  const wrong = await ada.browser.submit(await ada.browser.get(next), `${next}/key`, { key: "top secret-2" });
  expect([wrong.status, wrong.words.includes("A key is one word of letters, digits and signs.")]).toEqual([
    400,
    true,
  ]);
  for (const page of [wrong, await ada.browser.get(path), await ada.browser.get("/links")])
    expect(/top.secret/.test(page.text)).toBe(false);
});

test("nobody unlinks or links for another, nor what they may not use", async () => {
  const notes = keyed("Notes");
  const hidden = keyed("Hidden");
  scene.servers.splice(1, 1);
  await enter(notes.id);
  const account = await accountOf(ada, notes.id);
  const page = await eve.browser.get("/links");
  const form_token = page.forms.get(`/links/servers/${notes.id}/link`)?.get("form_token") ?? "";
  const body = new URLSearchParams({ form_token });
  // It says nothing of whether there is such an account, and does nothing.
  expect((await eve.browser.post(`/links/accounts/${account?.id}/unlink`, body)).status).toBe(303);
  expect(await accountOf(ada, notes.id)).toBeDefined();
  expect((await eve.browser.post(`/links/servers/${hidden.id}/link`, body)).status).toBe(404);
  expect((await eve.browser.post("/links/servers/srv_x/link", body)).status).toBe(404);
  expect((await eve.browser.post("/links/accounts/x/unlink", body)).status).toBe(404);
  // A form of hers is worth nothing to Ada's browser, and none comes from elsewhere.
  expect((await ada.browser.post(`/links/accounts/${account?.id}/unlink`, body)).status).toBe(403);
  const own = (await ada.browser.get("/links")).forms.get(`/links/accounts/${account?.id}/unlink`);
  const foreign = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
  expect(
    (await ada.browser.post(`/links/accounts/${account?.id}/unlink`, own ?? new URLSearchParams(), foreign))
      .status,
  ).toBe(403);
  expect(await accountOf(ada, notes.id)).toBeDefined();
});

test("an account at a server that somebody may not use any more is shown, to be unlinked", async () => {
  const [notes, gone] = [keyed("Notes"), keyed("Gone")];
  await enter(notes.id);
  await enter(gone.id);
  scene.servers.length = 0;
  scene.targets.delete(gone.id);
  const page = await ada.browser.get("/links");
  expect(page.words).toContain("There is no server that you may use yet.");
  expect(page.words).toContain("Accounts that you cannot use now");
  expect(page.words).toContain("A server that was removed linked just now Unlink");
  const { id } = (await accountOf(ada, notes.id)) ?? {};
  expect((await ada.browser.submit(page, `/links/accounts/${id}/unlink`)).status).toBe(303);
  expect(await accountOf(ada, notes.id)).toBeUndefined();
});

test("what is new is marked once, and nothing is on a first visit", async () => {
  const notes = keyed("Notes");
  const isNew = async () => (await ada.browser.get("/links")).words.includes("· new");
  expect([await isNew(), scene.told]).toEqual([false, []]);
  scene.told.push({ personId: ada.person.id, portalId: portal.id, serverIds: [notes.id] });
  const wiki = keyed("Wiki");
  expect(await isNew()).toBe(true);
  expect(scene.told.at(-1)).toEqual({ personId: ada.person.id, portalId: portal.id, serverIds: [wiki.id] });
  expect(await isNew()).toBe(false);
});

test("somebody chooses what a program of theirs sees; what they cannot use is not chosen", async () => {
  const [notes, wiki] = [keyed("Notes"), keyed("Wiki")];
  scene.clients.push({ id: "cli_1", name: "Claude" }, { id: "cli_2", name: "Cursor" });
  const [noteBox, wikiBox] = [`${portal.id} ${notes.id}`, `${portal.id} ${wiki.id}`];
  const send = async (on: readonly string[], client = "cli_1") => {
    const page = await ada.browser.get(`/links?client=${client}`);
    const body = new URLSearchParams({
      form_token: page.forms.get("/links/clients")?.get("form_token") ?? "",
      client,
    });
    for (const one of on) body.append("on", one);
    return ada.browser.post("/links/clients", body);
  };
  const saved = await send([wikiBox, "ptl_other srv_other"]);
  expect([saved.status, saved.location]).toEqual([303, "/links?client=cli_1#clients"]);
  const place = { personId: ada.person.id, portalId: portal.id };
  expect(scene.off).toEqual([{ ...place, clientId: "cli_1", serverId: notes.id }]);
  const page = await ada.browser.get("/links?client=cli_1");
  expect(page.words).toContain("Claude (1 switched off)");
  expect(page.text.match(/<details[^>]*open/g)).toHaveLength(1);
  await send([], "cli_2");
  expect(scene.off).toHaveLength(3);
  await send([noteBox, wikiBox]);
  expect(scene.off.map(({ clientId }) => clientId)).toEqual(["cli_2", "cli_2"]);
  expect((await send([noteBox], "cli_unknown")).status).toBe(404);
});

test("what a client set off is declined on its page, and may be linked after all", async () => {
  const notes = keyed("Notes");
  const { id } = await scene.links.ask({
    targetId: notes.id,
    owner: { kind: "person", id: ada.person.id },
    personId: ada.person.id,
    reason: "not_linked",
    from: claude,
  });
  const page = await ada.browser.get(linkPath(id));
  await ada.browser.submit(page, `${linkPath(id)}/decline`);
  const declined = await ada.browser.get(linkPath(id));
  expect(declined.words).toBe("Not now: Notes Nothing was linked. Link it after all");
  const again = await ada.browser.submit(declined, `/links/servers/${notes.id}/link`);
  expect([again.status, again.location !== linkPath(id)]).toEqual([303, true]);
  // The form that was open all the time comes too late.
  const late = await ada.browser.submit(page, `${linkPath(id)}/key`, { key: "k" });
  expect([late.words, await accountOf(ada, notes.id)]).toEqual([declined.words, undefined]);
});

test("a server that is gone leaves a page that says so", async () => {
  const notes = keyed("Notes");
  const begun = await ada.browser.submit(await ada.browser.get("/links"), `/links/servers/${notes.id}/link`);
  scene.targets.delete(notes.id);
  const page = await ada.browser.get(begun.location ?? "");
  expect([page.status, page.words]).toEqual([
    404,
    "The server is gone An admin removed the server that this was for.",
  ]);
});
