/** A company's objectives behind a portal: viewers read, editors write as well, managers may do everything. */
import { startTestHouse, type TestHouse } from "../harness/house.ts";
import { toRegistration } from "../harness/registration.ts";
import { startExample } from "../harness/upstreams.ts";
import { openLegacy, parsed, rpc, sayModern, type Door, type Heard, type Loose } from "../portal/client.ts";
import { HttpBrowser, type Shown } from "./http-browser.ts";
import { allow, registerClient, type OAuthClient, type Tokens } from "./oauth-client.ts";
import { addPerson, signIn, type Person } from "./people.ts";

export interface OkrsScene extends AsyncDisposable {
  readonly house: TestHouse;
  readonly portalUrl: string;
  /** Adds somebody to these groups; they have an account and have signed in with it, in a browser of their own. */
  come(name: string, ...groups: string[]): Promise<Visitor>;
  /** Puts somebody into these groups and no others. */
  move(person: Pick<Person, "id">, ...groups: string[]): Promise<void>;
}

export interface Visitor extends Person {
  /** A client of theirs that they let in as the page proposes, or with these ticks. */
  letIn(asks?: Ask): Promise<LetIn>;
  /** The page that they are shown. */
  look(asks?: Ask): Promise<Look>;
}

export interface Ask {
  /** Default: a new one. */
  readonly client?: OAuthClient;
  /** Default: what the portal's refusal says. */
  readonly scope?: string;
  readonly ticks?: readonly string[];
}

export interface Look {
  readonly browser: HttpBrowser;
  readonly page: Shown;
  redeem(back: Shown): Promise<Tokens>;
}

export interface LetIn {
  readonly client: OAuthClient;
  readonly tokens: Tokens;
  readonly door: Door;
}

export const everyScope = "portal:okrs portal:okrs:read portal:okrs:write portal:okrs:destructive";

const access = [
  { who: "group:viewers", classes: ["read"] },
  { who: "group:editors", classes: ["read", "write"] },
  { who: "group:managers", classes: ["read", "write", "destructive"] },
  { who: "user:walt@example.com", classes: ["write"] },
];

export async function createOkrsScene(): Promise<OkrsScene> {
  await using opened = new AsyncDisposableStack();
  const okrs = opened.use(await startExample("okrs"));
  const house = opened.use(await startTestHouse());
  const { api } = house;
  await api("POST", "/servers", toRegistration("okrs", okrs.url));
  const groups = new Map<string, string>();
  for (const name of ["viewers", "editors", "managers"])
    groups.set(name, (await api<{ id: string }>("POST", "/groups", { name })).id);
  await api("POST", "/portals", { slug: "okrs", title: "OKRs", servers: ["okrs"], access });
  const portalUrl = `${house.url}/p/okrs/mcp`;
  const owned = opened.move();

  return {
    house,
    portalUrl,
    async come(name, ...inGroups) {
      const person = await addPerson(house, { name, groups: inGroups });
      const browser = new HttpBrowser(house.url);
      await signIn(browser, await browser.open("/account"), person);

      async function arrive({ client, scope }: Ask) {
        const by = client ?? (await registerClient(portalUrl, "Editor"));
        const { url, redeem } = by.authorization(scope);
        return { client: by, redeem, browser, page: await browser.open(url) };
      }
      return {
        ...person,
        look: (ask = {}) => arrive(ask),
        async letIn(ask = {}) {
          const { client, page, redeem } = await arrive(ask);
          const tokens = await redeem(await allow(browser, page, ask.ticks));
          return { client, tokens, door: { url: portalUrl, token: tokens.access } };
        },
      };
    },
    move: async ({ id }, ...to) => {
      for (const [name, group] of groups)
        await api(to.includes(name) ? "PUT" : "DELETE", `/groups/${group}/members/${id}`);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** An answer, without what is different each time. */
export interface Told {
  readonly status: number;
  readonly challenge: string | undefined;
  readonly body: Readonly<Record<string, Loose>>;
}

export interface Session {
  ask(method: string, params?: Readonly<Record<string, unknown>>): Promise<Told>;
  /** Names of what is listed: of tools and prompts, addresses of resources. */
  list(what: keyof typeof nameOf): Promise<string[]>;
  /** What comes unasked from now on: the next method as soon as it is there, `end` when no more will come. */
  listen(): Promise<{ next(): Promise<string>; leave(): void }>;
}

const nameOf = {
  tools: "name",
  prompts: "name",
  resources: "uri",
  resourceTemplates: "uriTemplate",
} as const;

export type Era = "legacy" | "modern";
export const eras: readonly Era[] = ["legacy", "modern"];

/** A client of the era at a portal. */
export async function connect(era: Era, door: Door): Promise<Session> {
  const legacy = era === "legacy" ? await openLegacy(door) : undefined;
  const ask = async (method: string, params: Readonly<Record<string, unknown>> = {}) =>
    toldBy(legacy ? await legacy.send(rpc(1, method, params)) : await sayModern(door, method, params));
  return {
    ask,
    async list(what) {
      const method = what === "resourceTemplates" ? "resources/templates/list" : `${what}/list`;
      const { body } = await ask(method);
      return (body["result"][what] as Record<string, string>[]).map((one) => one[nameOf[what]] ?? "");
    },
    async listen() {
      const notifications = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };
      const heard = legacy
        ? await legacy.stream()
        : await sayModern(door, "subscriptions/listen", { notifications });
      // The first message acknowledges the filter (2026-07-28, subscriptions).
      if (!legacy) await heard.next();
      return {
        // The stream of the modern era ends with the answer to its request.
        next: async () => parsed((await heard.next()) ?? "{}")["method"] ?? "end",
        leave: heard.leave,
      };
    },
  };
}

async function toldBy({ status, headers, all }: Heard): Promise<Told> {
  const { id: _, jsonrpc: __, ...body } = parsed((await all).at(-1)) as Record<string, Loose>;
  const requestId = body["error"]?.data?.requestId ?? headers["x-request-id"];
  if (requestId !== headers["x-request-id"]) throw new Error("The answer is of another request");
  if (body["error"]) delete body["error"].data.requestId;
  return { status, challenge: headers["www-authenticate"] as string | undefined, body };
}
