/** A house that people come into by their companies' providers, and browsers that they come with. */
import { randomBytes } from "node:crypto";
import {
  accessMigrations,
  createPeople,
  createSignInSessions,
  defaultClaimNames,
  type People,
  type SignInSessions,
} from "@castellan/access";
import { startCompanyIdp, type CompanyIdp } from "@castellan/access/testing";
import type { Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createManualClock, type ManualClock } from "@castellan/kernel";
import { createRateLimiter, limitMigrations } from "@castellan/limits";
import { createVault, generateMasterKey, vaultMigrations } from "@castellan/vault";
import { createCookies, createForms, createOutbound, createWebApp } from "@castellan/web";
import { signInMigrations } from "../../migrations.ts";
import { createSignIn } from "../../sign-in.ts";
import type { SignedIn, SignInEvent } from "../../signed-in.ts";
import { createProviderStore, type ProviderStore } from "../provider-store.ts";
import type { NewProvider } from "../provider.ts";
import { createProviders } from "../providers.ts";

export const publicUrl = "http://localhost";

/** One browser of one person. */
export interface Visitor {
  readonly cookies: Map<string, string>;
  /** A path, or a URL of the house as a provider sends people back to it. */
  open(target: string | URL): Promise<Opened>;
  /** Begins to sign in: where the house sends the browser. */
  leave(provider: string, query?: string): Promise<URL>;
  /** The whole way, with that user of that company. */
  signIn(provider: string, idp: CompanyIdp, user: string | undefined): Promise<Opened>;
  /** Who the house says that they are. */
  signedIn(): Promise<SignedIn | undefined>;
}

export interface Opened {
  readonly status: number;
  readonly location: string | null;
  /** Of the fault, where there is one. */
  readonly code: string | undefined;
  readonly detail: string | undefined;
  /** Where its page leads, and what the button says. */
  readonly back: readonly [path: string | undefined, text: string | undefined];
}

export interface Scene extends AsyncDisposable {
  readonly idp: CompanyIdp;
  readonly database: Database;
  readonly clock: ManualClock;
  readonly people: People;
  readonly sessions: SignInSessions;
  readonly store: ProviderStore;
  /** Who came in, and who was refused. */
  readonly events: readonly SignInEvent[];
  /** What was wrong with providers. */
  readonly failures: readonly (readonly [provider: string, reason: string])[];
  /** What was answered with 500. */
  readonly errors: readonly unknown[];
  /** Registers a provider with the company's own values where none are given. */
  add(over?: Partial<NewProvider>, idp?: CompanyIdp): Promise<void>;
  newVisitor(): Visitor;
  /** A request that names another host. */
  askAs(host: string, path: string): Promise<{ status: number; location: string | null }>;
}

export async function createScene({ timeoutMs = 10_000 }: { timeoutMs?: number } = {}): Promise<Scene> {
  await using opened = new AsyncDisposableStack();
  const idp = opened.use(await startCompanyIdp());
  const database = opened.use(
    await createTestDatabase([vaultMigrations, accessMigrations, limitMigrations, signInMigrations]),
  );
  const outbound = opened.use(createOutbound());
  const clock = createManualClock(Date.now());
  const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  const people = createPeople({ database, clock });
  const sessions = createSignInSessions({ database, clock });
  const store = createProviderStore({ database, vault, clock });
  const cookies = createCookies(publicUrl);
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const rates = opened.use(createRateLimiter({ database, clock, onError }));
  const forms = createForms({ cookies, publicUrl, clock, mac: vault.mac });
  const events: SignInEvent[] = [];
  const onSignIn = (event: SignInEvent) => events.push(event);
  const failures: [provider: string, reason: string][] = [];
  const common = { database, vault, people, cookies, clock, publicUrl, onSignIn };
  const signIn = opened.use(
    createSignIn({
      ...common,
      sessions,
      rates,
      forms,
      providers: (finish) =>
        createProviders({
          ...common,
          outbound,
          finish,
          timeoutMs,
          onFailure: (provider, reason) => failures.push([provider, reason]),
        }),
      onError,
    }),
  );
  const app = createWebApp({ publicUrl, isLoopback: true, onError });
  app.route("/", signIn.app);
  app.get("/who", async (c) => c.json((await signIn.current(c)) ?? null));
  const owned = opened.move();

  function newVisitor(): Visitor {
    const jar = new Map<string, string>();
    const request = async (target: string | URL) => {
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
      const answer = await app.request(new Request(new URL(target, publicUrl), { headers: { cookie } }));
      for (const line of answer.headers.getSetCookie()) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        if (value === "") jar.delete(name);
        else jar.set(name, value);
      }
      return answer;
    };
    const visitor: Visitor = {
      cookies: jar,
      async open(target) {
        const answer = await request(target);
        const isProblem = answer.headers.get("content-type")?.startsWith("application/problem+json") === true;
        const told = (isProblem ? await answer.json() : {}) as Readonly<Record<string, string | undefined>>;
        return {
          status: answer.status,
          location: answer.headers.get("location"),
          code: told["code"],
          detail: told["detail"],
          back: [told["back"], told["backText"]],
        };
      },
      async leave(provider, query = "") {
        const { status, location, code } = await visitor.open(`/sign-in/with/${provider}${query}`);
        if (location === null) throw new Error(`${provider} was answered ${status} ${code}`);
        return new URL(location);
      },
      async signIn(provider, company, user) {
        return visitor.open(await company.signIn(await visitor.leave(provider), user));
      },
      signedIn: async () => ((await (await request("/who")).json()) as SignedIn | null) ?? undefined,
    };
    return visitor;
  }

  return {
    idp,
    database,
    clock,
    people,
    sessions,
    store,
    events,
    failures,
    errors,
    add: async (over = {}, company = idp) => {
      const provider: NewProvider = {
        slug: "corp",
        title: "Corp",
        directory: "workforce",
        issuer: company.issuer,
        clientId: company.clientId,
        clientSecret: company.clientSecret,
        scopes: ["email", "profile"],
        claims: { ...defaultClaimNames, groups: "groups" },
        groupPrefix: "",
        allowedDomains: [],
        requiresVerifiedEmail: true,
        keptClaims: [],
        createsUsers: true,
        linksByEmail: false,
        allowPrivate: ["127.0.0.1"],
        isEnabled: true,
        ...over,
      };
      await store.add(provider);
      company.redirectUris.add(`${publicUrl}/sign-in/callback/${provider.slug}`);
    },
    newVisitor,
    askAs: async (host, path) => {
      const { status, headers } = await app.request(
        new Request(`http://${host}${path}`, { headers: { host } }),
      );
      return { status, location: headers.get("location") };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
