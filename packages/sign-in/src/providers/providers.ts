/**
 * Signing in with a provider (OIDC Core §3.1, authorization code flow with PKCE): off to it with a state that belongs
 * to this browser, back with a code, from the code to a person.
 */
import { createHash } from "node:crypto";
import { readPerson, type Claims, type People, type User } from "@castellan/access";
import type { Database } from "@castellan/database";
import { Fault, isFault, isSlug, type Clock } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";
import { clientAddress, type Cookies, type Outbound } from "@castellan/web";
import { Hono, type Context } from "hono";
import { buildAuthorizationUrl } from "openid-client";
import { signInFaults } from "../faults.ts";
import type { FinishSignIn, SignInProviders } from "../ports.ts";
import { readAim, signInPath } from "../return-to.ts";
import type { SignInEvent } from "../signed-in.ts";
import { readAnswer } from "./answer.ts";
import { createConnections } from "./connection.ts";
import { createFlows, flowSeconds, isSecretText, randomSecret } from "./flows.ts";
import { reasonOf, toProviderFault } from "./provider-failure.ts";
import { createProviderStore } from "./provider-store.ts";
import { callbackPath, type Provider } from "./provider.ts";

export interface ProvidersOptions {
  readonly database: Database;
  readonly vault: Pick<Vault, "seal" | "open">;
  readonly outbound: Pick<Outbound, "fetch" | "check">;
  readonly people: Pick<People, "signedInBy">;
  readonly cookies: Cookies;
  readonly clock: Clock;
  /** Where people reach Castellan: `https://mcp.example.com`. */
  readonly publicUrl: string;
  readonly finish: FinishSignIn;
  /** Hears of everybody who came back and was refused. Whoever was let in is told by `finish`. */
  readonly onSignIn?: ((event: SignInEvent) => void) | undefined;
  /** Told what was wrong with a provider (its slug), for whoever set it up: the person is told that something was. */
  readonly onFailure?: ((provider: string, reason: string) => void) | undefined;
  /** For one request to a provider. Default 10,000. */
  readonly timeoutMs?: number;
}

/** The cookie by which a browser that comes back is known as the one that was sent off. */
const cookie = "provider";
/** How somebody proved who they are is not said unasked by every provider. */
const wantedClaims = JSON.stringify({ id_token: { amr: null } });

export function createProviders(options: ProvidersOptions): SignInProviders {
  const { people, cookies, clock, publicUrl, finish } = options;
  const { onSignIn = () => {}, onFailure = () => {} } = options;
  const store = createProviderStore(options);
  const flows = createFlows(options);
  const connections = createConnections(options);
  const addressOf = (slug: string) => new URL(callbackPath(slug), publicUrl);
  const app = new Hono();

  app.get("/sign-in/with/:provider", async (c) => {
    const aim = readAim(c);
    const { returnTo, again, other } = aim;
    const used = await store.inUse(c.req.param("provider"));
    const { slug, scopes } = used.provider;
    const { configuration, takesClaims, prompts } = await heard(
      used.provider,
      connections.of(used),
      signInPath(returnTo, aim),
    );
    const [state, nonce, codeVerifier] = [randomSecret(), randomSecret(), randomSecret()];
    const provesAfterMs = again ? clock.now() : undefined;
    await flows.begin(
      { state, browser: keepBrowser(c), provider: slug },
      { codeVerifier, nonce, returnTo, provesAfterMs },
    );
    const url = buildAuthorizationUrl(configuration, {
      redirect_uri: addressOf(slug).href,
      scope: ["openid", ...scopes].join(" "),
      state,
      nonce,
      code_challenge: createHash("sha256").update(codeVerifier).digest("base64url"),
      code_challenge_method: "S256",
      ...(takesClaims && { claims: wantedClaims }),
      ...(other && { prompt: prompts.other }),
      ...(again && { prompt: prompts.again, max_age: "0" }),
    });
    return redirect(c, url);
  });

  app.get("/sign-in/callback/:provider", async (c) => {
    const named = c.req.param("provider");
    try {
      return await comeBack(c, named);
    } catch (error) {
      const code = isFault(error) ? error.code : "internal_error";
      // What stands in an address is anybody's; it becomes a label only as the name of a provider that is there.
      const provider = await store.inUse(named).then(
        (used) => used.provider.slug,
        () => "unknown",
      );
      onSignIn({ outcome: "refused", code, provider, userId: undefined, address: clientAddress(c) });
      throw error;
    }
  });

  async function comeBack(c: Context, slug: string): Promise<Response> {
    const callback = addressOf(slug);
    callback.search = new URL(c.req.url).search;
    const [state, ...others] = callback.searchParams.getAll("state");
    const browser = cookies.read(c, cookie);
    if (!isSlug(slug) || !isSecretText(state) || !isSecretText(browser) || others.length > 0) throw stale();
    const flow = await flows.take({ state, browser, provider: slug });
    if (!flow) throw stale();
    const used = await store.inUse(slug);
    const { provider } = used;
    const { returnTo, provesAfterMs } = flow;
    const aim = { directory: provider.directory, again: provesAfterMs !== undefined };
    const back = signInPath(returnTo, aim);
    const connection = await heard(provider, connections.of(used), back);
    const asked = { provider, connection, flow, state, callback, clock };
    const { claims, amr, provedAt } = await heard(provider, readAnswer(asked), back);
    const { user, subject } = await personOf(used.provider, claims).catch((error: unknown) => {
      throw withOther(error, signInPath(returnTo, { ...aim, other: true }));
    });
    return finish(c, { user, provider: slug, subject, amr, provedAt, returnTo });
  }

  /** Who is meant. Faults: `claims_refused`, `account_unknown`, `account_suspended`. */
  async function personOf(provider: Provider, claims: Claims): Promise<{ user: User; subject: string }> {
    const told = readPerson(claims, provider, provider.issuer);
    const user = await people.signedInBy({
      provider: provider.slug,
      subject: told.subject,
      directory: provider.directory,
      email: told.email,
      emailVerified: told.email !== undefined,
      name: told.name,
      groups: told.groups,
      claims: told.claims,
      createsUsers: provider.createsUsers,
      linksByEmail: provider.linksByEmail,
    });
    return { user, subject: told.subject };
  }

  async function heard<T>(provider: Provider, asking: Promise<T>, back: string): Promise<T> {
    return asking.catch((error: unknown) => {
      const fault = toProviderFault(error, provider, back);
      if (fault.owner === "upstream") onFailure(provider.slug, reasonOf(error));
      throw fault;
    });
  }

  /** One secret for all the ways that a browser goes at once: of two tabs both come back. */
  function keepBrowser(c: Context): string {
    const before = cookies.read(c, cookie);
    const browser = isSecretText(before) ? before : randomSecret();
    cookies.write(c, cookie, browser, { maxAgeSeconds: flowSeconds });
    return browser;
  }

  return {
    app,
    async offered(directory) {
      const found = await store.list({ directory, isEnabled: true });
      return found.map(({ slug, title }) => ({ slug, title }));
    },
  };
}

function redirect(c: Context, url: URL): Response {
  c.header("Cache-Control", "no-store");
  return c.redirect(url.href, 303);
}

/** Whoever is not let in may have another account at the provider, which would send them straight back with this one. */
function withOther(error: unknown, back: string): unknown {
  if (!isFault(error) || error.status >= 500) return error;
  const { code, owner, status, retryable, message } = error;
  const data = { ...error.data, back, backText: "Sign in as somebody else" };
  return new Fault(code, { owner, status, retryable, help: "" }, message, { data, cause: error });
}

function stale(): Error {
  return signInFaults.fault(
    "sign_in_stale",
    "This sign-in was begun in another browser, took too long, or is done already. Begin again.",
    { data: { back: "/sign-in" } },
  );
}
