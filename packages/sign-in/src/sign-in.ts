/**
 * How people prove who they are, put together: sessions of browsers, accounts of the house, providers of the company's,
 * and the pages for all of it.
 */
import type { People, SignInSessions } from "@castellan/access";
import type { Database } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import type { RateLimiter } from "@castellan/limits";
import type { Vault } from "@castellan/vault";
import { atOwnAddress, type Cookies, type Forms } from "@castellan/web";
import { Hono, type Context } from "hono";
import { addAccountRoutes } from "./account/account-routes.ts";
import { createAttempts } from "./local/attempts.ts";
import { createChallenges } from "./local/challenge.ts";
import { createPasskeys } from "./local/passkeys.ts";
import { createPasswordHasher } from "./local/password-hash.ts";
import { createPasswordSignIn } from "./local/password-sign-in.ts";
import { createTries } from "./local/tries.ts";
import { addWaysBack } from "./pages/form-paths.ts";
import { addSignInRoutes } from "./pages/sign-in-routes.ts";
import { addSignOutRoutes } from "./pages/sign-out-routes.ts";
import type { Parts } from "./parts.ts";
import type { FinishSignIn, SignInProviders } from "./ports.ts";
import { assertNotTooMany } from "./providers/way-limit.ts";
import { signInPath, type SignInPathOptions } from "./return-to.ts";
import { createBrowsers, type SignedIn, type SignInEvent } from "./signed-in.ts";
import { startSweeping } from "./sweeper.ts";
import { addWelcomeRoutes } from "./welcome/welcome-routes.ts";

export interface SignInOptions {
  readonly database: Database;
  readonly vault: Pick<Vault, "seal" | "open" | "mac">;
  readonly clock: Clock;
  readonly people: People;
  readonly sessions: SignInSessions;
  readonly rates: RateLimiter;
  readonly cookies: Cookies;
  readonly forms: Forms;
  readonly publicUrl: string;
  /** The providers, which sign people in by what they are given. */
  readonly providers: (finish: FinishSignIn) => SignInProviders;
  /** How long a browser stays signed in. Default 12 hours. */
  readonly sessionSeconds?: number | undefined;
  /** The cost of a password's hash, as a binary logarithm. Default 17; less is for tests. */
  readonly passwordCostLog2?: number | undefined;
  /** Hears of everybody who signs in, or is refused. */
  readonly onSignIn?: ((event: SignInEvent) => void) | undefined;
  readonly onError: (error: unknown) => void;
}

export interface SignIn extends AsyncDisposable {
  /** To be mounted at `/`. */
  readonly app: Hono;
  /** Who is signed in with the browser that sends this request: nobody whose session has ended or who is suspended. */
  current(c: Context): Promise<SignedIn | undefined>;
  /**
   * The address at which somebody signs in and comes back to `returnTo`, a path below `/oauth/`, `/account`, `/approvals` or
   * `/links`: anything else leads to `/account`. `directory`: as whom; default workforce. `again`: with a proof made now.
   * `other`: as somebody else than who is signed in.
   */
  signInPath(returnTo: string, options?: SignInPathOptions): string;
}

/** What is below these paths is for people: `WebAppSettings.pagePaths`. */
export const signInPagePaths = ["/sign-in", "/sign-out", "/welcome", "/account"] as const;

const defaultSessionSeconds = 12 * 3600;

/** Disposing of it ends what it does by itself. */
export function createSignIn(options: SignInOptions): SignIn {
  const { database, vault, clock, people, sessions, cookies, forms, publicUrl, onError } = options;
  const { sessionSeconds = defaultSessionSeconds, onSignIn = () => {} } = options;

  const lifetimeMs = sessionSeconds * 1000;
  const browsers = createBrowsers({ sessions, cookies, clock, lifetimeMs, onSignIn });
  const attempts = createAttempts({ database, vault, clock });
  const challenges = createChallenges({ database, vault, clock });
  const passkeys = createPasskeys({ database, challenges, publicUrl, clock });
  const hasher = createPasswordHasher({ vault, costLog2: options.passwordCostLog2 });
  const tries = createTries({ attempts, rates: options.rates, vault, cookies });
  const passwords = createPasswordSignIn({ people, database, vault, hasher, tries, clock });
  const providers = options.providers(browsers.finish);
  const { host } = new URL(publicUrl);
  const parts: Parts = {
    database,
    vault,
    clock,
    people,
    sessions,
    forms,
    browsers,
    passkeys,
    hasher,
    passwords,
    tries,
    providers,
    host,
    onSignIn,
  };

  const app = new Hono();
  for (const path of signInPagePaths) app.use(`${path}/*`, atOwnAddress(publicUrl));
  addSignInRoutes(app, parts);
  addSignOutRoutes(app, parts);
  addWelcomeRoutes(app, parts);
  addAccountRoutes(app, parts);
  addWaysBack(app);
  app.use("/sign-in/with/*", async (c, next) => {
    await assertNotTooMany(c, options.rates);
    return next();
  });
  app.route("/", providers.app);

  const sweeping = startSweeping([attempts.sweep, challenges.sweep, sessions.sweep], onError);
  return {
    app,
    current: browsers.current,
    signInPath,
    [Symbol.asyncDispose]: () => sweeping[Symbol.asyncDispose](),
  };
}
