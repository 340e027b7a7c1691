/** How people and clients come in: sign-in, its providers, the authorization server. Who gets what, no logic. */
import type { People, SignInSessions } from "@castellan/access";
import { approvalPagePath } from "@castellan/approvals";
import type { Database } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import type { RateLimiter } from "@castellan/limits";
import {
  createOAuth,
  openOAuthPaths,
  type EntryPolicy,
  type OAuth,
  type OAuthSettings,
  type Portals,
} from "@castellan/oauth";
import {
  createProviders,
  createSignIn,
  signInPagePaths,
  type SignIn,
  type SignInEvent,
} from "@castellan/sign-in";
import type { Telemetry } from "@castellan/telemetry";
import type { Vault } from "@castellan/vault";
import { createCookies, createForms, type Forms, type Outbound } from "@castellan/web";
import type { Config } from "../config/settings.ts";
import { providerFailed, signInHappened } from "./events.ts";

export interface WaysIn extends AsyncDisposable {
  readonly signIn: SignIn;
  readonly oauth: OAuth;
  /** Of all pages: a form belongs to one browser. */
  readonly forms: Forms;
}

export interface WaysInOptions {
  readonly config: Config;
  readonly database: Database;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly outbound: Outbound;
  readonly rates: RateLimiter;
  readonly people: People;
  readonly sessions: SignInSessions;
  readonly portals: Portals;
  readonly policy: EntryPolicy;
  readonly publicUrl: string;
  readonly telemetry: Telemetry;
  readonly onError: (error: unknown) => void;
}

/** Paths that pages of any origin may call, without cookies. */
export const openPaths = openOAuthPaths;

/** Paths where people are shown pages, failures too. */
export const pagePaths = [
  ...signInPagePaths,
  "/oauth/authorize",
  "/oauth/consent",
  approvalPagePath,
] as const;

export async function openWaysIn(options: WaysInOptions): Promise<WaysIn> {
  const { config, database, vault, clock, outbound, rates, people, publicUrl, onError } = options;
  await using opened = new AsyncDisposableStack();
  const cookies = createCookies(publicUrl);
  const onSignIn = (event: SignInEvent) => options.telemetry.emit(signInHappened, event);
  const forms = createForms({ cookies, publicUrl, clock, mac: (purpose, data) => vault.mac(purpose, data) });
  const signIn = opened.use(
    createSignIn({
      database,
      vault,
      clock,
      people,
      sessions: options.sessions,
      rates,
      cookies,
      forms,
      publicUrl,
      providers: (finish) =>
        createProviders({
          database,
          vault,
          outbound,
          people,
          cookies,
          clock,
          publicUrl,
          finish,
          onSignIn,
          onFailure: (provider, reason) => options.telemetry.emit(providerFailed, { provider, reason }),
        }),
      sessionSeconds: config.sessionSeconds,
      onSignIn,
      onError,
    }),
  );
  const oauth = opened.use(
    await createOAuth({
      publicUrl,
      database,
      vault,
      clock,
      outbound,
      limiter: rates,
      forms,
      signIn,
      portals: options.portals,
      policy: options.policy,
      people,
      settings: oauthSettings(config),
      onError,
    }),
  );
  const owned = opened.move();
  return { signIn, oauth, forms, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

function oauthSettings(config: Config): OAuthSettings {
  const { clientRegistration, redirectUris, accessTokenSeconds, grantSeconds } = config;
  return {
    ...(clientRegistration && { clientRegistration }),
    ...(redirectUris && { redirectUris }),
    ...(accessTokenSeconds !== undefined && { accessTokenSeconds }),
    ...(grantSeconds !== undefined && { grantSeconds }),
  };
}
