/** How people and clients come in: sign-in, its providers, the authorization server. Who gets what, no logic. */
import type { People, SignInSessions } from "@castellan/access";
import { approvalPagePath } from "@castellan/approvals";
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
import { createCookies, createForms, type Forms } from "@castellan/web";
import type { Config } from "../config/settings.ts";
import { providerFailed, signInHappened } from "./events.ts";
import type { Ground } from "./ground.ts";

export interface WaysIn extends AsyncDisposable {
  readonly signIn: SignIn;
  readonly oauth: OAuth;
  /** Of all pages: a form belongs to one browser. */
  readonly forms: Forms;
}

export interface WaysInParts {
  readonly people: People;
  readonly sessions: SignInSessions;
  readonly portals: Portals;
  readonly policy: EntryPolicy;
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

export async function openWaysIn(ground: Ground, parts: WaysInParts): Promise<WaysIn> {
  const { config, telemetry, database, vault, clock, outbound, rates, publicUrl, onError } = ground;
  const { people, sessions, portals, policy } = parts;
  await using opened = new AsyncDisposableStack();
  const cookies = createCookies(publicUrl);
  const onSignIn = (event: SignInEvent) => telemetry.emit(signInHappened, event);
  const forms = createForms({ cookies, publicUrl, clock, mac: (purpose, data) => vault.mac(purpose, data) });
  const signIn = opened.use(
    createSignIn({
      database,
      vault,
      clock,
      people,
      sessions,
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
          onFailure: (provider, reason) => telemetry.emit(providerFailed, { provider, reason }),
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
      portals,
      policy,
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
