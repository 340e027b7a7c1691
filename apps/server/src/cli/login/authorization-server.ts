/**
 * The server's own authorization server (RFC 8414), as the command line speaks to it: a public client that every
 * installation knows from its beginning.
 */
import { isFault, type Fault } from "@castellan/kernel";
import * as oauth from "openid-client";
import type { Login } from "../access/logins.ts";
import { isLoopback, isSameServer, toServerUrl } from "../access/url.ts";
import { request } from "../client/connect.ts";
import { cliFaults } from "../faults.ts";

export const clientId = "castellan-cli";

/** What the command line may do in the name of whoever signs in: all that they may do at the API. */
const scope = "api";
const apiPath = "/api/v1";
const timeoutSeconds = 15;

/** A server's API, and who lets people in to it. */
export interface Api {
  /** The server as it calls itself. */
  readonly url: string;
  /** RFC 8707: what the tokens are for. */
  readonly resource: string;
  readonly issuer: string;
}

/**
 * Asks a server for what it says of its API (RFC 9728). A server could name another one, to get at tokens for that: what
 * it says is taken only where it is about itself. Faults: `usage_invalid`, `server_unreachable`, `server_answer_invalid`.
 */
export async function discoverApi(url: string): Promise<Api> {
  assertPrivateWay(url);
  const { origin, pathname } = new URL(url);
  const path = `${pathname.replace(/\/$/, "")}${apiPath}`;
  const answer = await request(new URL(`${origin}/.well-known/oauth-protected-resource${path}`), {
    headers: { accept: "application/json" },
    signal: AbortSignal.timeout(timeoutSeconds * 1000),
  });
  const { resource, authorization_servers: issuers } = ((await answer.json().catch(() => undefined)) ??
    {}) as {
    resource?: unknown;
    authorization_servers?: unknown;
  };
  const [issuer] = Array.isArray(issuers) ? (issuers as unknown[]) : [];
  if (typeof resource !== "string" || typeof issuer !== "string" || !resource.endsWith(apiPath))
    throw cliFaults.fault(
      "server_answer_invalid",
      `What answers at ${url} does not say how people sign in to it (HTTP ${answer.status})`,
    );
  const own = toServerUrl(resource.slice(0, -apiPath.length));
  if (own === undefined || !isSameServer(own, url))
    throw cliFaults.fault(
      "server_answer_invalid",
      `The server at ${url} says that it is at ${resource}: use that --url`,
    );
  if (URL.parse(issuer)?.origin !== new URL(own).origin)
    throw cliFaults.fault(
      "server_answer_invalid",
      `The server at ${url} would have people sign in at ${issuer}`,
    );
  return { url: own, resource, issuer };
}

/** What begins in the browser and ends with a code. */
export interface Attempt {
  /** Where the person goes. */
  readonly address: URL;
  /** Whether this is the answer to it, and not to another. */
  isAnswer(back: URL): boolean;
  /** From what the browser brought back. Faults: `login_refused`, `server_unreachable`, `server_answer_invalid`. */
  finish(back: URL, now: () => number): Promise<Login>;
}

/** Authorization code with PKCE (RFC 9700 §2.1.1), for the one resource. Faults: as above. */
export async function beginLogin(api: Api, redirectUri: string): Promise<Attempt> {
  const configuration = await discover(api.issuer);
  const verifier = oauth.randomPKCECodeVerifier();
  const state = oauth.randomState();
  const address = oauth.buildAuthorizationUrl(configuration, {
    redirect_uri: redirectUri,
    scope,
    state,
    resource: api.resource,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  return {
    address,
    isAnswer: (back) => back.searchParams.get("state") === state,
    finish: (back, now) =>
      asked(api.issuer, async () => {
        const checks = { pkceCodeVerifier: verifier, expectedState: state };
        const resource = { resource: api.resource };
        const tokens = await oauth.authorizationCodeGrant(configuration, back, checks, resource);
        return toLogin(api, tokens, now);
      }),
  };
}

/** Faults: `login_over`, `server_unreachable`, `server_answer_invalid`. */
export function refreshLogin(login: Login, now: () => number): Promise<Login> {
  return asked(login.issuer, async () => {
    const configuration = await discover(login.issuer);
    return toLogin(login, await oauth.refreshTokenGrant(configuration, login.refreshToken), now);
  });
}

/** Ends all that came of a sign-in (RFC 7009). Faults: as above. */
export function revokeLogin({ issuer, refreshToken }: Login): Promise<void> {
  return asked(issuer, async () => {
    const hint = { token_type_hint: "refresh_token" };
    await oauth.tokenRevocation(await discover(issuer), refreshToken, hint);
  });
}

function discover(issuer: string): Promise<oauth.Configuration> {
  assertPrivateWay(issuer);
  return asked(issuer, () =>
    oauth.discovery(new URL(issuer), clientId, undefined, oauth.None(), {
      algorithm: "oauth2",
      timeout: timeoutSeconds,
      ...(isLoopback(issuer) && { execute: [oauth.allowInsecureRequests] }),
      [oauth.customFetch]: (target, { body, headers, method, signal }) =>
        request(new URL(target), {
          method,
          headers,
          ...(body !== undefined && { body: body as NonNullable<RequestInit["body"]> }),
          ...(signal && { signal }),
        }),
    }),
  );
}

/** Codes and tokens in clear text on a network are anybody's (RFC 6749 §1.6). Fault: `usage_invalid`. */
function assertPrivateWay(url: string): void {
  if (new URL(url).protocol === "https:" || isLoopback(url)) return;
  throw cliFaults.fault("usage_invalid", `Nobody signs in over a network without https: ${url}`);
}

function toLogin(
  { url, issuer }: Pick<Login, "url" | "issuer">,
  tokens: oauth.TokenEndpointResponse,
  now: () => number,
): Login {
  const { access_token: accessToken, refresh_token: refreshToken, expires_in: expiresIn } = tokens;
  if (refreshToken === undefined || expiresIn === undefined)
    throw cliFaults.fault("server_answer_invalid", `${issuer} gave no token that can be kept`);
  return { url, issuer, accessToken, refreshToken, expiresAtMs: now() + expiresIn * 1000 };
}

/** What the library throws, as faults of the command line. */
async function asked<Answer>(issuer: string, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    throw toFault(issuer, error);
  }
}

function toFault(issuer: string, error: unknown): Fault {
  const { cause } = error as { cause?: unknown };
  if (isFault(error)) return error;
  if (isFault(cause)) return cause;
  if (error instanceof oauth.AuthorizationResponseError)
    return cliFaults.fault("login_refused", refusalOf(error.error, error.error_description), {
      cause: error,
    });
  if (error instanceof oauth.ResponseBodyError)
    return over.has(error.error)
      ? cliFaults.fault("login_over", `The sign-in at ${new URL(issuer).origin} is over`, { cause: error })
      : cliFaults.fault("login_refused", refusalOf(error.error, error.error_description), { cause: error });
  const reason = error instanceof Error ? error.message : "unknown reason";
  return cliFaults.fault("server_answer_invalid", `${issuer} does not answer as it should: ${reason}`, {
    cause: error,
  });
}

/** Nothing will come of asking again (RFC 6749 §5.2). */
const over = new Set(["invalid_grant", "invalid_client", "unauthorized_client"]);

function refusalOf(error: string, description: string | undefined): string {
  if (error === "access_denied") return "The command line was not let in";
  return `The server did not let the command line in: ${description ?? error} (${error})`;
}
