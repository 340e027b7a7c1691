/**
 * A portal over *invoices*, *jira* and *google-workspace* in a house that runs: people sign in, let their clients in, and decide
 * on the pages or over the API.
 */
import { randomUUID } from "node:crypto";
import { metaKeys } from "../fixtures/modern-rules.ts";
import { apiAt, type Api } from "../harness/api.ts";
import { toRegistration } from "../harness/registration.ts";
import { parsed, sayModern, type Door, type Heard, type Loose } from "../portal/client.ts";
import { HttpBrowser } from "../sign-in/http-browser.ts";
import { allow, registerClient } from "../sign-in/oauth-client.ts";
import { makeAccount, type Person } from "../sign-in/people.ts";
import { startDrive } from "./servers/drive.ts";
import { startInvoices, type InvoiceServer } from "./servers/invoices.ts";
import { startJira, type JiraServer } from "./servers/jira.ts";
import type { ToolServer } from "./servers/served.ts";

export interface Servers extends AsyncDisposable {
  readonly invoices: InvoiceServer;
  readonly jira: JiraServer;
  readonly drive: ToolServer;
}

/** A house, or several replicas of one, that runs already. */
export interface Ground {
  /** Where requests are sent, and what people and clients call it. */
  readonly url: string;
  /** Of each replica. */
  readonly sockets: readonly string[];
  /** May do everything at the API. */
  readonly adminToken: string;
}

export interface Visitor extends Person {
  readonly browser: HttpBrowser;
  /** Their client's way into the portal, in Code Mode. */
  readonly door: Door;
  /** Calls the API as them. */
  readonly api: Api;
}

export interface SendOptions {
  readonly replica?: number;
  /** The client opens pages for its person. */
  readonly opensPages?: boolean;
  /** Members of `params` beside name and arguments. */
  readonly more?: object;
  readonly tool?: "search" | "execute";
}

export interface CodeScene {
  /** Calls the API as the admin; resolves when every replica knows what came of it. */
  readonly api: Api;
  readonly portalUrl: string;
  /** Adds somebody to these groups; they have signed in and let a client in. */
  come(name: string, ...groups: string[]): Promise<Visitor>;
  /** A modern client's call. */
  execute(door: Door, input: { code: string } | { run: string }, options?: SendOptions): Promise<Heard>;
}

export const inCodeMode = (door: Door): Door => ({ ...door, url: `${door.url}?codemode=search_and_execute` });

const scope = "portal:main portal:main:read portal:main:write";
const everyone = [{ everyone: true }];

export async function startServers(): Promise<Servers> {
  await using opened = new AsyncDisposableStack();
  const servers = {
    invoices: opened.use(await startInvoices()),
    jira: opened.use(
      await startJira([
        { key: "BLOG-1", status: "Done", summary: "Last week", description: "Was written." },
        { key: "BLOG-2", status: "In Progress", summary: "This week", description: "To be written." },
      ]),
    ),
    drive: opened.use(await startDrive({ "1aBcDeFgHiJk": "What this week was like." })),
  };
  const owned = opened.move();
  return { ...servers, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** What *invoices* is asked to write wants the yes of somebody of the group `leads`. */
export async function createCodeScene(ground: Ground, servers: Servers): Promise<CodeScene> {
  const { url, sockets, adminToken } = ground;
  const asAdmin = apiAt(url, adminToken);
  /** What is written at a replica is answered when that replica has heard all that was written before. */
  const settle = () =>
    Promise.all(
      sockets.map((socket) =>
        apiAt(socket, adminToken)("PATCH", "/policies/barrier", { description: randomUUID() }),
      ),
    );

  await asAdmin("POST", "/policies", {
    name: "barrier",
    action: "block",
    include: everyone,
    isEnabled: false,
  });
  await asAdmin("POST", "/groups", { name: "leads" });
  const bySlug = { invoices: servers.invoices, jira: servers.jira, "google-workspace": servers.drive };
  for (const [slug, server] of Object.entries(bySlug))
    await asAdmin("POST", "/servers", toRegistration(slug, server.url));
  await asAdmin("POST", "/portals", {
    slug: "main",
    servers: Object.keys(bySlug),
    access: [{ who: "everyone", classes: ["read", "write"] }],
  });
  await asAdmin("POST", "/policies", {
    name: "two-eyes",
    action: "require_approval",
    at: { servers: ["invoices"], tools: ["create_invoice"] },
    include: everyone,
    approval: { deciders: { groups: ["leads"] } },
  });
  await settle();
  const portalUrl = `${url}/p/main/mcp`;

  return {
    portalUrl,
    async api(...args) {
      const answer = await asAdmin(...args);
      await settle();
      return answer as never;
    },
    async come(name, ...groups) {
      const email = `${name.toLowerCase()}@example.com`;
      const { id } = await asAdmin<{ id: string }>("POST", "/users", { email, name, groups });
      const link = await asAdmin<{ url: string }>("POST", `/users/${id}/invitations`, {});
      await settle();
      const browser = new HttpBrowser(url);
      const account = await makeAccount(browser, link.url, email);
      const letIn = async (resource: string, scope: string): Promise<string> => {
        const client = (await registerClient(resource, "Desk")).authorization(scope);
        const page = await browser.open(client.url);
        return (await client.redeem(await allow(browser, page, page.forms[0]?.boxes))).access;
      };
      const token = await letIn(portalUrl, scope);
      const api = apiAt(url, await letIn(`${url}/api/v1/servers`, "api"));
      return { id, ...account, browser, api, door: inCodeMode({ url: portalUrl, token }) };
    },
    execute: (door, input, { replica, opensPages = false, more, tool = "execute" } = {}) =>
      sayModern(
        door,
        "tools/call",
        { name: `portal_codemode_${tool}`, arguments: input, ...more },
        {
          meta: opensPages ? { [metaKeys.clientCapabilities]: { elicitation: { form: {}, url: {} } } } : {},
          headers: replica === undefined ? {} : { "x-replica": String(replica) },
        },
      ),
  };
}

/** What the code returned, an object or an array, as the answer shows it. */
export function valueIn({ content }: Loose): unknown {
  return JSON.parse(content[0].text);
}

/** What was answered at last. */
export async function last(heard: Heard | Promise<Heard>): Promise<Readonly<Record<string, Loose>>> {
  return parsed((await (await heard).all).at(-1));
}

/** The pages that a paused run waits for, whichever way its client was told. */
export function pagesIn({ result }: Readonly<Record<string, Loose>>): string[] {
  if (result.resultType === "input_required")
    return Object.values<Loose>(result.inputRequests).map(({ params }) => params.url);
  return result.structuredContent.waits.map(({ url }: Loose) => url);
}
