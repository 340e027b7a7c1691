/** Calls beyond what the person allowed: the SDK asks for what is missing, the page asks only for that, the call goes on. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startCallback } from "./callback.ts";
import { defectsOf, portalSlug, startCompany, type Company } from "./company.ts";
import { disconnect } from "./visitor.ts";
import { App, failureOf, isUnauthorized, sdks, type Sdk } from "./sdk-app.ts";

const opened = new AsyncDisposableStack();
let company: Company;

beforeAll(async () => {
  // The SDK tells on the console that it asks anew.
  vi.spyOn(console, "warn").mockImplementation(() => {});
  company = opened.use(await startCompany({ config: { accessTokenSeconds: 60 } }));
});
afterAll(async () => {
  expect(defectsOf(company)).toEqual([]);
  await opened.disposeAsync();
});

const askingSdks = sdks.filter(({ name }) => name.startsWith("SDK 2"));
const oldSdk = sdks[0] as Sdk;

const objective = { title: "Fewer meetings", owner: "Ada", quarter: "2026-Q4" };
const create = { name: "okrs_create_objective", arguments: objective };
const listInvoices = { name: "invoices_list_invoices", arguments: {} };

/** Somebody whose application may look things up in `okrs`, and nothing else. */
async function start(sdk: Sdk, { as = "ada" } = {}) {
  const visitor = await company.newVisitor();
  const callback = opened.use(await startCallback());
  const name = `Desk ${crypto.randomUUID()}`;
  const app = opened.use(new App(sdk, company.portal, { name, redirectUri: callback.url }));
  const untick = (page: Page) =>
    page.getByRole("group", { name: "invoices" }).getByLabel("Look things up").uncheck();
  const first = await app.connect((url) => visitor.decide(url, { as, change: untick }));
  expect(app.memory.received).toMatchObject([{ scope: `portal:${portalSlug} okrs:read` }]);
  const asked: string[][] = [];
  const ask = (url: URL, button: "Allow" | "Do not allow" = "Allow") => {
    asked.push(url.searchParams.get("scope")?.split(" ") ?? []);
    return visitor.decide(url, { button });
  };
  return { app, ask, asked, first, name, visitor };
}

test.each(askingSdks)("$name asks for what a call needs, twice, and keeps what it had", async (sdk) => {
  const { app, ask, asked, first, name, visitor } = await start(sdk);
  const head = first?.words.split("\n").slice(0, 4) ?? [];
  const foot = first?.words.split("\n").slice(-3) ?? [];

  const created = await app.through((client) => client.callTool(create), ask);
  expect(created.result).toMatchObject({ structuredContent: { objective } });
  expect(created.decided.words.split("\n")).toEqual([
    ...head,
    "What it asks for",
    "okrs",
    "Create and change things 4 tools",
    "More that you could allow",
    "What it may do already",
    "okrs Look things up",
    ...foot,
  ]);
  const listed = await app.through((client) => client.callTool(listInvoices), ask);
  expect(listed.result).toMatchObject({ structuredContent: { total: 0 } });
  expect(listed.decided.words.split("\n")).toEqual([
    ...head,
    "What it asks for",
    "invoices",
    "Look things up 2 tools",
    "More that you could allow",
    "What it may do already",
    "okrs Look things up · Create and change things",
    ...foot,
  ]);
  // What the client was let have before, and what the call needs (SEP-2350).
  const had = [`portal:${portalSlug}`, "okrs:read"];
  expect(asked.map((scopes) => scopes.toSorted())).toEqual([
    [...had, "okrs:write"].toSorted(),
    [...had, "okrs:write", "invoices:read"].toSorted(),
  ]);
  expect(app.memory.received.at(-1)).toMatchObject({
    scope: `portal:${portalSlug} okrs:read okrs:write invoices:read`,
  });
  expect(await app.client.callTool(create)).toMatchObject({ structuredContent: { objective } });

  // To its person it is one app, and goes as one.
  await disconnect(visitor, name);
  expect(await visitor.page.getByText(name).count()).toBe(0);
  expect(isUnauthorized(await failureOf(app.client.callTool(create)))).toBe(true);
  expect(visitor.problems).toEqual([]);
});

test.each(askingSdks)("$name is told no, and can go on with what it had", async (sdk) => {
  const { app, ask } = await start(sdk);
  const refused = await failureOf(
    app.through(
      (client) => client.callTool(create),
      (url) => ask(url, "Do not allow"),
    ),
  );
  expect(refused).toMatchObject({ code: "access_denied" });
  expect(await app.client.callTool({ name: "okrs_list_objectives", arguments: {} })).toHaveProperty(
    "content",
  );
});

test("SDK 1.32 refreshes where it should ask, and says that it is not enough", async () => {
  const { app, ask } = await start(oldSdk);
  expect(await failureOf(app.client.callTool(create))).toMatchObject({ code: 403 });
  // The next time that it comes, its person may give it more, without being asked.
  app.memory.invalidateCredentials("tokens");
  const again = await app.connect((url) => ask(url));
  expect(again?.words).toContain("More that you could allow");
});

test.each(sdks)("$name is not asked for what its person may not do: there is no such tool", async (sdk) => {
  const { app } = await start(sdk, { as: "bob" });
  expect((await app.client.listTools()).tools.map(({ name }) => name)).toEqual([
    "okrs_list_objectives",
    "okrs_get_objective",
    "invoices_list_invoices",
    "invoices_get_invoice",
    "portal_list_servers",
    "portal_toggle_servers",
    "portal_toggle_single_server",
  ]);
  expect(await failureOf(app.client.callTool(create))).toMatchObject({ code: -32602 });
  expect(app.memory.sentTo).toBeUndefined();
});
