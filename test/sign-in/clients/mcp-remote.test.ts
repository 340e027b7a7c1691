/** `mcp-remote`, with nothing but the portal's address: a person is asked in the browser that it opens. */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeHome, type Home } from "../../clients/run.ts";
import { freePort } from "../../heavy/process/tcp.ts";
import { createBrowserCommand, type BrowserCommand } from "./browser-command.ts";
import { defectsOf, portalSlug, startCompany, untilExpired, type Company } from "./company.ts";
import { clientHost, serveDescribedClients, type DescribedClients } from "./described-client.ts";
import { disconnect, nameIn, type Decided, type Visitor } from "./visitor.ts";

const program = fileURLToPath(import.meta.resolve("mcp-remote/dist/proxy.js"));

const opened = new AsyncDisposableStack();
let clients: DescribedClients;
let company: Company;

beforeAll(async () => {
  clients = opened.use(await serveDescribedClients());
  company = opened.use(await startCompany({ env: clients.env }));
});
afterAll(async () => {
  expect(defectsOf(company)).toEqual([]);
  await opened.disposeAsync();
});

/** Somebody's computer, with all that the program keeps there. */
interface Desk extends AsyncDisposable {
  readonly home: Home;
  readonly browser: BrowserCommand;
  readonly visitor: Visitor;
  readonly args: readonly string[];
}

async function newDesk(args: readonly string[]): Promise<Desk> {
  await using own = new AsyncDisposableStack();
  const home = own.use(await makeHome());
  const browser = own.use(await createBrowserCommand());
  const visitor = await company.newVisitor();
  const owned = own.move();
  return { home, browser, visitor, args, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Starts it and does something with it; answers that, and what its person was asked. */
async function run<T>(
  { home, browser, visitor, args }: Desk,
  work: (client: Client, ask: () => Promise<Decided>) => Promise<T>,
  { isAsked }: { isAsked: boolean },
): Promise<{ result: T; asked: Decided | undefined }> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [program, company.portal, ...args, "--allow-http", "--transport", "http-only"],
    env: { ...home.env, ...browser.env },
    stderr: "ignore",
  });
  const client = new Client({ name: "stdio-client", version: "1" });
  const ask = async () => visitor.decide(await browser.next(AbortSignal.timeout(20_000)));
  try {
    // The SDK's own transports do not fit its interface under `exactOptionalPropertyTypes`.
    const connecting = client.connect(transport as Transport);
    const asked = isAsked ? await ask() : undefined;
    await connecting;
    return { result: await work(client, ask), asked };
  } finally {
    await client.close();
  }
}

const list = (client: Client) => client.callTool({ name: "okrs_list_objectives", arguments: {} });
const objective = { title: "Fewer meetings", owner: "Ada", quarter: "2026-Q4" };
const create = (client: Client) => client.callTool({ name: "okrs_create_objective", arguments: objective });

const ways = [
  {
    way: "registers itself",
    known: "It chose this name itself; nobody has checked it.",
    prepare: async () => ["--protocol", "legacy"],
  },
  {
    way: "describes itself, 2026-07-28",
    known: `It goes by this name at ${clientHost}.`,
    prepare: async () => {
      const redirectUri = "http://localhost/oauth/callback";
      const url = clients.describe("mcp-remote", { client_name: "Described", redirect_uris: [redirectUri] });
      return [String(await freePort()), "--protocol", "auto", "--client-metadata-url", url];
    },
  },
  {
    way: "was registered by an admin",
    known: "An admin has added it here.",
    prepare: async () => {
      const { id, secret } = await company.house.api<{ id: string; secret: string }>("POST", "/clients", {
        name: "Registered",
        authMethod: "client_secret_post",
        redirectUris: ["http://localhost/oauth/callback"],
      });
      const info = JSON.stringify({ client_id: id, client_secret: secret });
      return [String(await freePort()), "--static-oauth-client-info", info];
    },
  },
];

test.each(ways)(
  "one that $way: signs in, refreshes by itself, asks for more",
  // A program of others, which once in dozens of runs never answered: it is started anew, and has to do all of it then.
  { timeout: 60_000, retry: 1 },
  async (way) => {
    await using desk = await newDesk(await way.prepare());
    const first = await run(desk, async (client) => (await client.listTools()).tools.length, {
      isAsked: true,
    });
    expect(first.result).toBe(13);
    expect(first.asked?.words.split("\n")[2]).toBe(
      `${way.known} Access is handed to a program on this computer.`,
    );

    // Another start, longer after than a token is good for: it has kept what it needs.
    const second = await run(
      desk,
      async (client, ask) => {
        expect(await list(client)).toMatchObject({ structuredContent: { objectives: expect.any(Array) } });
        await untilExpired(company);
        expect(await list(client)).toMatchObject({ structuredContent: { objectives: expect.any(Array) } });
        expect(desk.browser.waiting).toBe(0);
        const [made, asked] = await Promise.all([create(client), ask()]);
        return { made, asked };
      },
      { isAsked: false },
    );
    expect(second.result.made).toMatchObject({ structuredContent: { objective } });
    expect(partOf(second.result.asked.words)).toEqual(["okrs", "Create and change things 4 tools"]);

    // Its person ends what they allowed: the next start asks as if for the first time.
    await disconnect(desk.visitor, nameIn(first.asked as Decided));
    const third = await run(desk, list, { isAsked: true });
    expect(third.asked?.words).toBe(first.asked?.words);
  },
);

test("one that leaves out `resource` still gets this portal", async () => {
  await using desk = await newDesk(["--disable-resource-parameter"]);
  const { asked } = await run(desk, list, { isAsked: true });
  expect(asked?.words.split("\n")[0]).toMatch(/ use Work\?$/);
  const { items } = await company.house.api<{ items: { portal: string }[] }>("GET", "/grants?limit=1");
  expect(items).toMatchObject([{ portal: portalSlug }]);
});

/** What the page says that the client asks for. */
function partOf(words: string): string[] {
  const lines = words.split("\n");
  return lines.slice(lines.indexOf("What it asks for") + 1, lines.indexOf("More that you could allow"));
}
