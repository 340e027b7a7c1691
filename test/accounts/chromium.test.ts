/** A real Chromium links: from an elicitation of a client of each era, and from the page of one's servers. */
import { startAuthorizationServer, type AuthorizationServer } from "@castellan/credentials/testing";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startChromium, type Chromium } from "../harness/chromium.ts";
import { last } from "../policy/approvals/scene.ts";
import { openLegacy, parsed, rpc } from "../portal/client.ts";
import { pageIn, textIn } from "./answers.ts";
import { openAccounts, type HouseScene } from "./houses.ts";
import type { Visitor } from "./scene.ts";
import { startProtectedServer } from "./upstream/protected-server.ts";

const opened = new AsyncDisposableStack();
let authorizationServer: AuthorizationServer;
let scene: HouseScene;
let chromium: Chromium;
beforeAll(async () => {
  authorizationServer = opened.use(await startAuthorizationServer());
  const server = opened.use(await startProtectedServer({ authorizationServer }));
  scene = opened.use(await openAccounts());
  await scene.add("notes", server);
  chromium = opened.use(await startChromium());
});
afterAll(() => opened.disposeAsync());

let person: Visitor;
let page: Page;
let problems: string[];
let made = 0;
beforeEach(async () => {
  const name = `Person${++made}`;
  person = await scene.come(name);
  authorizationServer.users.add(name.toLowerCase());
  const context = await chromium.browser.newContext({ baseURL: scene.relay.url });
  opened.defer(() => context.close());
  page = await context.newPage();
  problems = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    if (/policy|refused to|uncaught/i.test(message.text())) problems.push(message.text());
  });
});

const name = () => `person${made}`;

/** They are not signed in here yet, in this browser. */
async function signInHere(): Promise<void> {
  await page.getByLabel("E-mail").fill(person.email);
  await page.getByLabel("Password").fill(person.password);
  // The code of this moment was used when the account was made.
  await page.getByRole("textbox", { name: "Code" }).fill(person.codeAt(Date.now() + 30_000));
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** From the page of a request to its end. */
async function linkThere(): Promise<string> {
  await page.getByRole("button", { name: /^Continue to 127\.0\.0\.1/ }).click();
  await page.waitForURL(`${authorizationServer.issuer}/**`);
  await page.getByRole("link", { name: name(), exact: true }).click();
  await page.waitForURL("**/links/requests/lnk_*");
  return page.locator("h1").innerText();
}

const capabilities = { elicitation: { form: {}, url: {} } };

test("a legacy client is asked on its stream, and its call goes on by itself", async () => {
  const client = await openLegacy(await person.door("notes"), { capabilities });
  const call = await client.send(rpc(7, "tools/call", { name: "notes_whoami", arguments: {} }));
  const { id, method, params } = parsed(await call.next());
  expect([method, params.mode]).toEqual(["elicitation/create", "url"]);
  await client.send(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"action":"accept"}}`);
  await page.goto(params.url);
  await signInHere();
  expect(await page.locator("main").innerText()).toContain("A program that calls itself Desk");
  expect(await linkThere()).toBe("Linked: notes");
  expect(parsed(await call.next())).toMatchObject({
    method: "notifications/elicitation/complete",
    params: { elicitationId: params.elicitationId },
  });
  expect(textIn(parsed(await call.next()))).toBe(name());
  expect(problems).toEqual([]);
});

test("a modern client is asked in the answer, and its retry goes through", async () => {
  const door = await person.door("notes");
  const { result } = await last(scene.call(door, "notes_whoami", {}, { opensPages: true }));
  expect(result.resultType).toBe("input_required");
  const [key = ""] = Object.keys(result.inputRequests);
  await page.goto(pageIn({ result }));
  await signInHere();
  expect(await linkThere()).toBe("Linked: notes");
  const more = { requestState: result.requestState, inputResponses: { [key]: { action: "accept" } } };
  expect(textIn(await last(scene.call(door, "notes_whoami", {}, { opensPages: true, more })))).toBe(name());
  expect(problems).toEqual([]);
});

test("from the page of their servers, and back to where it can be unlinked", async () => {
  await page.goto("/links");
  await signInHere();
  await page.waitForURL("**/links");
  expect(await page.locator("main").innerText()).toContain("It needs an account of yours");
  await page.getByRole("button", { name: "Sign in: notes" }).click();
  await page.waitForURL("**/links/requests/lnk_*");
  expect(await linkThere()).toBe("Linked: notes");
  expect(textIn(await last(scene.call(await person.door("notes"), "notes_whoami")))).toBe(name());
  await page.getByRole("link", { name: "Your servers" }).click();
  await page.getByRole("button", { name: "Unlink: notes" }).click();
  await expect.poll(() => page.locator("main").innerText()).toContain("It needs an account of yours");
  const { error } = await last(scene.call(await person.door("notes"), "notes_whoami"));
  expect(error.data.code).toBe("link_required");
  expect(problems).toEqual([]);
});
