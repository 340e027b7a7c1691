/**
 * For the tests of this package: the authorization server as an installation runs it, on any number of replicas over one
 * database, with people in browsers and clients that speak HTTP.
 */
import {
  accessMigrations,
  createPeople,
  createSignInSessions,
  rightsByRules,
  type AccessRule,
  type NewUser,
  type People,
  type SignInSessions,
  type User,
} from "@castellan/access";
import { changeMigrations, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { systemClock, type Clock } from "@castellan/kernel";
import { createRateLimiter, limitMigrations } from "@castellan/limits";
import { generateMasterKey, loadVault, vaultMigrations } from "@castellan/vault";
import { createCookies, createForms, createOutbound, createWebApp, type Outbound } from "@castellan/web";
import type { Hono } from "hono";
import { oauthMigrations } from "../migrations.ts";
import { createOAuth, type OAuth, type OAuthSettings } from "../oauth.ts";
import type { EntryPolicy, PortalForConsent, Portals, SignIn } from "../ports.ts";
import { openOAuthPaths } from "./authorization-server.ts";
import { Browser, publicUrl } from "./testing-browser.ts";

export { authorizePath, createPkce, type Pkce } from "./testing-browser.ts";

export interface TestReplica {
  readonly oauth: OAuth;
  readonly app: Hono;
}

export interface TestOAuth extends AsyncDisposable {
  readonly replicas: readonly TestReplica[];
  readonly database: Database;
  readonly people: People;
  readonly sessions: SignInSessions;
  readonly portals: Map<string, PortalForConsent>;
  readonly defaultPortal: { slug: string | undefined };
  /** What rules say; they let everybody in until a test puts something else here. */
  readonly policy: { mayEnter: EntryPolicy["mayEnter"] };
  readonly clock: Clock & { advance(ms: number): void };
  readonly errors: unknown[];
  addPerson(email: string, person?: Partial<Pick<NewUser, "name" | "role" | "directory">>): Promise<User>;
  /** A browser in which somebody is signed in. */
  browserOf(user: User): Promise<Browser>;
}

export async function createTestOAuth({
  replicas: count = 1,
  settings = {},
  publicUrl: at = publicUrl,
  outbound: given,
  peoplePort = (people) => people,
}: {
  replicas?: number;
  settings?: OAuthSettings;
  publicUrl?: string;
  outbound?: Pick<Outbound, "fetch">;
  /** In the place of the people of the house. */
  peoplePort?: (people: People) => Pick<People, "get">;
} = {}): Promise<TestOAuth> {
  await using opened = new AsyncDisposableStack();
  const database = opened.use(
    await createTestDatabase([
      changeMigrations,
      vaultMigrations,
      accessMigrations,
      limitMigrations,
      oauthMigrations,
    ]),
  );
  const clock = createOffsetClock();
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  const { key } = generateMasterKey();
  const people = createPeople({ database, clock });
  const sessions = createSignInSessions({ database, clock });
  const defaultPortal: TestOAuth["defaultPortal"] = { slug: "okrs" };
  const portals = new Map(["okrs", "wiki"].map((slug) => [slug, aPortal(slug, at)]));
  const outbound = given ?? opened.use(createOutbound());
  const policy: TestOAuth["policy"] = { mayEnter: () => true };
  const replicas: TestReplica[] = [];
  for (let number = 0; number < count; number += 1) {
    const vault = await loadVault(database, { current: key, older: [] });
    const cookies = createCookies(at);
    const oauth = opened.use(
      await createOAuth({
        publicUrl: at,
        database,
        vault,
        clock,
        outbound,
        limiter: opened.use(createRateLimiter({ database, clock, onError })),
        forms: createForms({
          cookies,
          publicUrl: at,
          clock,
          mac: (purpose, data) => vault.mac(purpose, data),
        }),
        signIn: createTestSignIn(sessions),
        portals: createTestPortals(portals, defaultPortal, at),
        people: peoplePort(people),
        policy: { mayEnter: (...asked) => policy.mayEnter(...asked) },
        settings,
        onError,
      }),
    );
    const app = createWebApp({
      publicUrl: at,
      isLoopback: false,
      openPaths: openOAuthPaths,
      pagePaths: ["/oauth"],
      onError,
    });
    app.route("/", oauth.app);
    replicas.push({ oauth, app });
  }
  const owned = opened.move();
  return {
    replicas,
    database,
    people,
    sessions,
    portals,
    defaultPortal,
    policy,
    clock,
    errors,
    addPerson: (email, person) =>
      people.add({ directory: "workforce", email, name: email, ...person }, { by: "owner" }),
    browserOf: async (user) => {
      const { secret } = await sessions.begin({
        user,
        provider: "local",
        amr: ["pwd", "otp"],
        address: "192.0.2.1",
        userAgent: "test",
        lifetimeMs: 3_600_000,
      });
      return new Browser([`${signInCookie}=${secret}`]);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The time as it is, moved on by what a test says. */
function createOffsetClock(): TestOAuth["clock"] {
  let offset = 0;
  return {
    now: () => systemClock.now() + offset,
    monotonic: () => systemClock.monotonic() + offset,
    advance: (ms) => {
      offset += ms;
    },
  };
}

const everything: readonly AccessRule[] = [{ who: "everyone", classes: ["read", "write", "destructive"] }];

function aPortal(slug: string, at: string): PortalForConsent {
  return {
    slug,
    title: slug.toUpperCase(),
    directory: "workforce",
    access: everything,
    isReadOnly: false,
    publicUrl: `${at}/p/${slug}/mcp`,
    servers: [
      { slug: "goals", title: "Goals", counts: { read: 2, write: 1, destructive: 1 } },
      { slug: "files", title: "Files", counts: { read: 3, write: 0, destructive: 0 } },
    ],
  };
}

function createTestPortals(
  portals: ReadonlyMap<string, PortalForConsent>,
  defaultPortal: TestOAuth["defaultPortal"],
  at: string,
): Portals {
  return {
    find: (slug) => portals.get(slug),
    findByResource: ({ origin, pathname }) => {
      if (origin === "https://okrs.example.com" && pathname === "/mcp") return portals.get("okrs");
      if (origin !== at) return undefined;
      if (pathname === "/api/v1") return "api";
      if (pathname === "/mcp") return portals.get("okrs");
      const slug = /^\/p\/([^/]+)\/mcp$/.exec(pathname)?.[1];
      return slug === undefined ? undefined : portals.get(slug);
    },
    usableBy: ({ email, groups, directory }) =>
      [...portals.values()].filter(
        (portal) => !rightsByRules(portal, { kind: "user", email, groups, directory }).isNone,
      ),
    get defaultSlug() {
      return defaultPortal.slug;
    },
  };
}

export const signInCookie = "test_session";

function createTestSignIn(sessions: SignInSessions): SignIn {
  return {
    current: async (c) => {
      const secret = new RegExp(`${signInCookie}=([^;]+)`).exec(c.req.header("cookie") ?? "")?.[1];
      return secret === undefined ? undefined : sessions.find(secret);
    },
    signInPath: (returnTo, { again = false, other = false, directory = "workforce" } = {}) =>
      `/sign-in?${new URLSearchParams({ return_to: returnTo, again: String(again), ...(other && { other: "true" }), directory })}`,
  };
}

/** The first replica. */
export function firstOf(replicas: readonly TestReplica[]): TestReplica {
  const [first] = replicas;
  if (first === undefined) throw new Error("No replica");
  return first;
}
