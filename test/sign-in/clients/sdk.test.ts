/**
 * A person's application on each of the official SDKs, in each of the ways in which clients become known: from an address
 * and nothing else, over a person in a browser, to calls; through the end of a token, and of what the person had allowed.
 */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startCallback, type Callback } from "./callback.ts";
import { defectsOf, portalSlug, startCompany, untilExpired, type Company } from "./company.ts";
import { clientHost, serveDescribedClients, type DescribedClients } from "./described-client.ts";
import { disconnect } from "./visitor.ts";
import { App, failureOf, isUnauthorized, sdks, type AppOptions } from "./sdk-app.ts";

const opened = new AsyncDisposableStack();
let clients: DescribedClients;
let company: Company;

beforeAll(async () => {
  // The SDK tells on the console that it asks anew.
  vi.spyOn(console, "warn").mockImplementation(() => {});
  clients = opened.use(await serveDescribedClients());
  company = opened.use(await startCompany({ env: clients.env }));
});
afterAll(async () => {
  expect(defectsOf(company)).toEqual([]);
  await opened.disposeAsync();
});

interface Way {
  /** How the client becomes known. */
  readonly way: string;
  /** What people are told of it. */
  readonly known: string;
  prepare(name: string, callback: Callback): Promise<Partial<AppOptions>>;
}

const ways: readonly Way[] = [
  {
    way: "registers itself",
    known: "It chose this name itself; nobody has checked it.",
    prepare: async () => ({}),
  },
  {
    way: "describes itself at its own address",
    known: `It goes by this name at ${clientHost}.`,
    prepare: async (name) => ({
      clientMetadataUrl: clients.describe(name.replaceAll(/\W/g, "-"), {
        client_name: name,
        // On any port (RFC 8252 §7.3): the document cannot know which is free.
        redirect_uris: ["http://127.0.0.1/callback"],
      }),
    }),
  },
  {
    way: "was registered by an admin",
    known: "An admin has added it here.",
    prepare: async (name, { url }) => {
      const { id, secret } = await company.house.api<{ id: string; secret: string }>("POST", "/clients", {
        name,
        authMethod: "client_secret_basic",
        redirectUris: [url],
      });
      return { registered: { client_id: id, client_secret: secret } };
    },
  },
];

const cases = sdks.flatMap((sdk) =>
  ways.map((way) => ({ sdk, ...way, title: `${sdk.name} that ${way.way}` })),
);

test.concurrent.each(cases)("$title", { timeout: 60_000 }, async ({ sdk, title, known, prepare }) => {
  const visitor = await company.newVisitor();
  await using callback = await startCallback();
  const name = `Desk ${title}`;
  const options = { name, redirectUri: callback.url, ...(await prepare(name, callback)) };
  await using app = new App(sdk, company.portal, options);
  const ask = (url: URL) => visitor.decide(url);
  const list = () => app.client.callTool({ name: "okrs_list_objectives", arguments: {} });

  const first = await app.connect(ask);
  expect(first?.words.split("\n").slice(0, 3)).toEqual([
    `Let ${name} use Work?`,
    "You are signed in as Ada (ada@corp.example). Not you?",
    `${known} Access is handed to a program on this computer.`,
  ]);
  const scope = `portal:${portalSlug} portal:${portalSlug}:read`;
  expect(app.memory.received).toMatchObject([{ scope }]);
  expect((await app.client.listTools()).tools.map((tool) => tool.name)).toEqual(toolsOfAda);
  expect(await list()).toMatchObject({ structuredContent: { total: 0 } });

  // Its access token runs out: the next call goes through, and nobody was asked.
  await untilExpired(company, app.memory.received.at(-1));
  const before = app.memory.received.length;
  expect(await list()).toMatchObject({ structuredContent: { total: 0 } });
  const [old, fresh] = app.memory.received.slice(before - 1);
  expect([app.memory.received.length, fresh?.scope, app.memory.sentTo]).toEqual([
    before + 1,
    scope,
    undefined,
  ]);
  expect(fresh?.refresh_token).not.toBe(old?.refresh_token);

  // The person thinks better of it: it is out at once, and has to ask them as if for the first time.
  await disconnect(visitor, name);
  expect(isUnauthorized(await failureOf(list()))).toBe(true);
  const again = await app.connect(ask);
  expect(again?.words).toBe(first?.words);
  expect(await list()).toMatchObject({ structuredContent: { total: 0 } });
  expect(visitor.problems).toEqual([]);
});

test.each(sdks)("$name that leaves out `resource` still gets this portal", async (sdk) => {
  const visitor = await company.newVisitor();
  await using callback = await startCallback();
  const options = { name: "Old desk", redirectUri: callback.url, omitsResource: true };
  await using app = new App(sdk, company.portal, options);
  await app.connect((url) => {
    expect(url.searchParams.has("resource")).toBe(false);
    return visitor.decide(url);
  });
  expect((await app.client.listTools()).tools.map((tool) => tool.name)).toEqual(toolsOfAda);
});

test.each(sdks)(
  "$name that calls six times at once when its token has run out refreshes once",
  async (sdk) => {
    const visitor = await company.newVisitor();
    await using callback = await startCallback();
    await using app = new App(sdk, company.portal, { name: "Busy desk", redirectUri: callback.url });
    await app.connect((url) => visitor.decide(url));
    const list = () => app.client.callTool({ name: "okrs_list_objectives", arguments: {} });
    await untilExpired(company, app.memory.received.at(-1));
    const before = app.memory.received.length;

    const settled = await Promise.allSettled(Array.from({ length: 6 }, list));
    const failures = settled.flatMap((one) => (one.status === "rejected" ? [codeOf(one.reason)] : []));
    expect(failures.length).toBeLessThan(settled.length);
    // It sends the refresh token with each of them: all but one are told to come again, and nobody loses anything.
    expect(new Set(failures)).toEqual(new Set(failures.map(() => "temporarily_unavailable")));
    expect([app.memory.received.length, app.memory.sentTo]).toEqual([before + 1, undefined]);
    expect(await Promise.all(Array.from({ length: 6 }, list))).toHaveLength(6);
  },
);

/** RFC 6749 §5.2, as each SDK says it. */
function codeOf(error: unknown): unknown {
  const { code, errorCode } = error as { code?: unknown; errorCode?: unknown };
  return code ?? errorCode;
}

/** All that she has the right to, granted or not: a client asks when it needs more. */
const toolsOfAda = [
  "okrs_create_objective",
  "okrs_add_key_result",
  "okrs_update_progress",
  "okrs_close_objective",
  "okrs_delete_objective",
  "okrs_import_objectives",
  "okrs_list_objectives",
  "okrs_get_objective",
  "invoices_list_invoices",
  "invoices_get_invoice",
  "portal_list_servers",
];
