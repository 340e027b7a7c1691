/** Requests and pages over real tables, accounts and OAuth, with people who have browsers: for tests of both. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { changeMigrations, createChangeFeed, type ChangeFeed, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createId, createManualClock, type ManualClock } from "@castellan/kernel";
import { createVault, generateMasterKey } from "@castellan/vault";
import { createCookies, createForms, createOutbound, createWebApp } from "@castellan/web";
import { TestBrowser } from "@castellan/web/testing";
import type { Hono } from "hono";
import { getCookie } from "hono/cookie";
import type { Accounts } from "../accounts/accounts.ts";
import { createAccounts } from "../accounts/create-accounts.ts";
import type { UpstreamAuth } from "../auth/upstream-auth.ts";
import { createLinks } from "../links/create-links.ts";
import type { LinkOptions, Links } from "../links/links.ts";
import { linksPath } from "../links/paths.ts";
import { credentialMigrations } from "../migrations.ts";
import { createOAuth } from "../oauth/create-oauth.ts";
import type { OAuth } from "../oauth/oauth.ts";
import type { Target } from "../target.ts";
import { createLinkPages } from "./link-pages.ts";
import type { ChoicePlace, ClientOfPerson, ServerOfPerson } from "./ports.ts";
import { toLinkVisitor, type LinkPerson, type Visitor } from "./visitor.ts";

export interface TestPerson {
  readonly person: LinkPerson;
  readonly browser: TestBrowser;
  /** What `Links` is told of them. */
  readonly visitor: ReturnType<typeof toLinkVisitor>;
  signOut(): void;
  /** In another browser, too. */
  signIn(browser: TestBrowser): void;
}

export interface LinkScene extends AsyncDisposable {
  readonly app: Hono;
  readonly database: Database;
  readonly changes: ChangeFeed;
  readonly accounts: Accounts;
  readonly oauth: OAuth;
  readonly links: Links;
  readonly clock: ManualClock;
  /** By id; may be changed. */
  readonly targets: Map<string, Target>;
  /** What people can use, whoever they are; may be changed. */
  readonly servers: ServerOfPerson[];
  readonly clients: ClientOfPerson[];
  readonly off: ChoicePlace[];
  readonly told: { personId: string; portalId: string; serverIds: readonly string[] }[];
  readonly admins: Set<string>;
  readonly errors: unknown[];
  browser(): TestBrowser;
  somebody(name: string, more?: Partial<LinkPerson>): TestPerson;
  target(auth: UpstreamAuth, more?: Partial<Target>): Target;
  /** Another replica on the same tables. */
  replica(): Promise<Links>;
}

export const portal = { id: "ptl_1", slug: "work", title: "Work" };

/** On loopback: the authorization servers of tests are there, too. */
export const publicUrl = "http://localhost:9";

export async function openLinkScene(
  options: Partial<LinkOptions> = {},
  url: string = publicUrl,
): Promise<LinkScene> {
  await using opened = new AsyncDisposableStack();
  const database = opened.use(await createTestDatabase([changeMigrations, credentialMigrations]));
  const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  const clock = createManualClock();
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const changes = opened.use(await createChangeFeed({ database, onError }));
  const outbound = opened.use(createOutbound());
  const targets = new Map<string, Target>();
  const targetOf = (id: string) => targets.get(id);
  const oauth = createOAuth({ database, vault, clock, outbound, publicUrl: new URL(url) });
  const accounts = opened.use(
    createAccounts({
      database,
      vault,
      clock,
      changes,
      replica: "one",
      oauth,
      targets: { find: targetOf },
      people: { activeAmong: async (ids) => new Set(ids) },
      onError,
    }),
  );
  const base = { database, vault, clock, accounts, oauth, targetOf, onError, sweepEveryMs: 3_600_000 };
  const links = opened.use(createLinks({ ...base, changes, ...options }));
  const replicas = opened.use(new AsyncDisposableStack());
  const sessions = new Map<string, Visitor>();
  const directories = new Map<string, LinkPerson["directory"]>();
  const [servers, clients, off, told]: [
    ServerOfPerson[],
    ClientOfPerson[],
    ChoicePlace[],
    LinkScene["told"],
  ] = [[], [], [], []];
  const admins = new Set<string>();
  const app = createWebApp({ publicUrl: url, isLoopback: true, pagePaths: [linksPath], onError });
  app.route(
    "/",
    createLinkPages({
      links,
      accounts,
      oauth,
      visitors: {
        current: async (c) => sessions.get(getCookie(c, "session") ?? ""),
        signInPath: (to, { directory = "workforce", other } = {}) =>
          `/sign-in?${new URLSearchParams({ to, directory, ...(other && { other: "1" }) })}`,
      },
      forms: createForms({ cookies: createCookies(url), publicUrl: url, clock, mac: vault.mac }),
      clock,
      publicUrl: url,
      targetOf,
      people: {
        serversOf: async () => servers,
        clientsOf: async () => clients,
        directoryOf: async (id) => directories.get(id) ?? "workforce",
        isAdmin: ({ id }) => admins.has(id),
      },
      choices: {
        read: async (id) => ({
          off: off.filter(({ personId }) => personId === id),
          told: told
            .filter(({ personId }) => personId === id)
            .flatMap(({ portalId, serverIds }) => serverIds.map((serverId) => ({ portalId, serverId }))),
        }),
        set: async (place, isOn) => {
          const at = off.findIndex((one) => JSON.stringify(one) === JSON.stringify(place));
          if (isOn && at >= 0) off.splice(at, 1);
          else if (!isOn) off.push(place);
        },
        tell: async (one) => void told.push(one),
      },
    }),
  );
  const owned = opened.move();
  return {
    app,
    database,
    changes,
    accounts,
    oauth,
    links,
    clock,
    targets,
    servers,
    clients,
    off,
    told,
    admins,
    errors,
    browser: () => new TestBrowser(app, url),
    somebody: (name, more) => {
      const email = `${name.split(" ")[0]?.toLowerCase() ?? ""}@example.com`;
      const person: LinkPerson = { id: createId("user"), name, email, directory: "workforce", ...more };
      directories.set(person.id, person.directory);
      const visitor = { person, session: { id: createId("signIn") } };
      const signIn = (browser: TestBrowser) => {
        const session = { id: createId("signIn") };
        sessions.set(session.id, { person, session });
        browser.cookies.set("session", session.id);
      };
      const browser = new TestBrowser(app, url);
      sessions.set(visitor.session.id, visitor);
      browser.cookies.set("session", visitor.session.id);
      const signOut = () => void sessions.delete(visitor.session.id);
      return { person, browser, visitor: toLinkVisitor(visitor, false), signOut, signIn };
    },
    target: (auth, more) => {
      const id = createId("server");
      const target: Target = {
        id,
        slug: "notes",
        title: "Notes",
        url: "https://notes.example.com/mcp",
        allowPrivate: ["127.0.0.1"],
        auth,
        secrets: {},
        asksForOAuth: false,
        ...more,
      };
      targets.set(id, target);
      servers.push({ target, portals: [portal] });
      return target;
    },
    replica: async () => {
      const feed = replicas.use(await createChangeFeed({ database, onError }));
      return replicas.use(createLinks({ ...base, changes: feed, ...options }));
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export interface GuardedServer extends AsyncDisposable {
  readonly url: string;
  /** Its authorization server; may be changed. */
  issuer: string;
}

/** A server that says only who guards it (RFC 9728): nothing is called here. */
export async function startGuardedServer(issuer: string, scopes = ["read"]): Promise<GuardedServer> {
  const server = createServer((request, response) => {
    const isMetadata = request.url === "/.well-known/oauth-protected-resource/mcp";
    const { url: resource, issuer: guard } = guarded;
    const said = { resource, authorization_servers: [guard], scopes_supported: scopes };
    response.writeHead(isMetadata ? 200 : 401, { "content-type": "application/json" });
    response.end(isMetadata ? JSON.stringify(said) : "{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const guarded: GuardedServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    issuer,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return guarded;
}

/** Of a client that calls itself Claude. */
export const claude = { clientId: "cli_1", clientName: "Claude", portal: portal.slug };
