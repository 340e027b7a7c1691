/**
 * A person's sign-in at another authorization server: the authorization code grant with PKCE (OAuth 2.1 §4.1), sent out with
 * what is needed to know the answer again, and the answer.
 */
import * as oauth from "oauth4webapi";
import { isOAuth } from "../auth/secret-use.ts";
import { credentialFaults } from "../faults.ts";
import type { GrantGround } from "./grants.ts";
import type { Issuer } from "./issuer.ts";
import type {
  Authorized,
  AuthorizationFlow,
  AuthorizationPlan,
  AuthorizationWish,
  BegunAuthorization,
  OAuthTarget,
} from "./oauth.ts";
import type { OwnClient } from "./own-client.ts";
import { chooseScopes, offlineAccess } from "./scopes.ts";
import { plain } from "./token-answer.ts";
import { requestTokens, type TokenRequest } from "./token-request.ts";
import type { TokenOutcome } from "./tokens.ts";
import { hostOf } from "./wire.ts";

export interface AuthorizationGround extends GrantGround {
  readonly own: OwnClient;
}

interface Planned {
  readonly issuer: Issuer;
  readonly authorizationEndpoint: string;
  readonly scopes: readonly string[];
  readonly resource: string | undefined;
}

export async function planAuthorization(
  ground: AuthorizationGround,
  target: OAuthTarget,
  wish: AuthorizationWish,
  signal: AbortSignal,
): Promise<AuthorizationPlan> {
  const planned = await plan(ground, target, wish, { isFresh: true, signal });
  return {
    issuer: planned.issuer.issuer,
    authorizationEndpoint: planned.authorizationEndpoint,
    scopes: orNone(planned.scopes),
  };
}

export async function beginAuthorization(
  ground: AuthorizationGround,
  target: OAuthTarget,
  wish: AuthorizationWish,
  signal: AbortSignal,
): Promise<BegunAuthorization> {
  const planned = await plan(ground, target, wish, { isFresh: false, signal });
  const { issuer, scopes, resource } = planned;
  const client = await ground.clients.choose(target, issuer, wish.renewClient === true);
  const clientId = client.id ?? "";
  const state = oauth.generateRandomState();
  const codeVerifier = oauth.generateRandomCodeVerifier();
  const redirectUri = ground.own.redirectUri(issuer.issuer);
  const url = new URL(planned.authorizationEndpoint);
  const parameters = {
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: "S256",
    ...(scopes.length > 0 && { scope: scopes.join(" ") }),
    ...(resource !== undefined && { resource }),
    // OpenID Connect Core §11: without a question to the person there is no offline access.
    ...(scopes.includes(offlineAccess) && { prompt: "consent" }),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  const flow: AuthorizationFlow = {
    issuer: issuer.issuer,
    clientId,
    state,
    codeVerifier,
    redirectUri,
    scopes: orNone(scopes),
    resource,
    expectsIss: issuer.sendsIss,
  };
  return { url: url.href, state, flow };
}

export async function finishAuthorization(
  ground: AuthorizationGround,
  target: OAuthTarget,
  flow: AuthorizationFlow,
  callback: URL,
  signal: AbortSignal,
): Promise<Authorized> {
  const parameters = validateCallback(flow, callback);
  const issuer = await ground.discovery.issuerOf(target, flow.issuer, signal);
  const client = await ground.clients.find(target, issuer, flow.clientId);
  const host = hostOf(flow.issuer);
  if (client === undefined)
    throw credentialFaults.fault(
      "upstream_client_refused",
      `The client by which this sign-in at ${host} began is gone: begin again`,
    );
  const outcome = await redeem(ground, { target, issuer, client, parameters, flow }, signal);
  if (outcome.kind !== "granted") throw toFault(outcome);
  const { tokens } = outcome;
  return {
    issuer: flow.issuer,
    clientId: flow.clientId,
    resource: flow.resource,
    scopes: tokens.scopes ?? flow.scopes ?? [],
    tokens,
  };
}

async function plan(
  { discovery }: AuthorizationGround,
  target: OAuthTarget,
  wish: AuthorizationWish,
  { isFresh, signal }: { readonly isFresh: boolean; readonly signal: AbortSignal },
): Promise<Planned> {
  const guard = await discovery.guardOf(target, signal, { isFresh });
  const issuer = await discovery.issuerOf(target, guard.issuer, signal);
  const { authorizationEndpoint, tokenEndpoint, takesS256 } = issuer;
  if (authorizationEndpoint === undefined || tokenEndpoint === undefined)
    throw unsupported(issuer, "nobody can sign in there: it publishes no endpoints for it");
  // MCP authorization, "Authorization Code Protection": who does not say S256 is not to be used.
  if (!takesS256) throw unsupported(issuer, "it does not say that it takes PKCE with S256");
  const settings = isOAuth(target.auth) ? target.auth : undefined;
  const scopes = chooseScopes({
    configured: settings?.scopes,
    asked: guard.scopes,
    wanted: wish.scopes,
    offered: issuer.scopes,
  });
  const resource = settings?.resource === "omit" ? undefined : guard.resource;
  return { issuer, authorizationEndpoint, scopes, resource };
}

/**
 * RFC 9207 §2.4 and RFC 9700 §4.4: from whom it comes is settled first, and before that not a word of it is told.
 * Throws `upstream_auth_invalid`, `link_declined`, `link_refused`.
 */
function validateCallback(flow: AuthorizationFlow, callback: URL): URLSearchParams {
  const host = hostOf(flow.issuer);
  const { origin, pathname } = new URL(flow.redirectUri);
  if (callback.origin !== origin || callback.pathname !== pathname)
    throw invalid(`An answer came to an address where none of ${host} is awaited`);
  const server = {
    issuer: flow.issuer,
    authorization_response_iss_parameter_supported: flow.expectsIss,
  };
  try {
    return oauth.validateAuthResponse(
      server,
      { client_id: flow.clientId },
      callback.searchParams,
      flow.state,
    );
  } catch (error) {
    if (!(error instanceof oauth.AuthorizationResponseError))
      throw invalid(`The answer of ${host} is not the one that is awaited: ${wordsOf(error)}`, error);
    if (error.error === "access_denied")
      throw credentialFaults.fault(
        "link_declined",
        `You did not allow it at ${host}, or did not finish there`,
      );
    const words = [error.error, error.error_description ?? ""].map(plain).filter(Boolean).join(": ");
    throw credentialFaults.fault("link_refused", `${host} refused the sign-in (${words})`);
  }
}

/** The code for tokens. Throws `cancelled` only. */
function redeem(
  ground: AuthorizationGround,
  { target, issuer, client, parameters, flow }: Redemption,
  signal: AbortSignal,
): Promise<TokenOutcome> {
  const { redirectUri, codeVerifier, resource } = flow;
  const additional = resource !== undefined && { additionalParameters: { resource } };
  return requestTokens(
    ground,
    {
      target,
      issuer,
      client,
      final: "any",
      send: (ready) =>
        oauth.authorizationCodeGrantRequest(
          ready.server,
          ready.client,
          ready.authentication,
          parameters,
          redirectUri,
          codeVerifier,
          { ...ready.options, ...additional },
        ),
    },
    signal,
  );
}

interface Redemption extends Pick<TokenRequest, "target" | "issuer" | "client"> {
  /** Of the callback, validated. */
  readonly parameters: URLSearchParams;
  readonly flow: AuthorizationFlow;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? plain(error.message) : "it cannot be read";
}

function toFault(outcome: Exclude<TokenOutcome, { kind: "granted" }>) {
  switch (outcome.kind) {
    case "refused":
      return credentialFaults.fault("link_refused", outcome.message);
    case "client_refused":
      return credentialFaults.fault("upstream_client_refused", outcome.message);
    case "failed":
      return credentialFaults.fault(outcome.code, outcome.message);
  }
}

function invalid(message: string, cause?: unknown) {
  return credentialFaults.fault("upstream_auth_invalid", message, { cause });
}

function unsupported({ issuer }: Issuer, why: string) {
  return credentialFaults.fault(
    "upstream_auth_unsupported",
    `The authorization server ${issuer} cannot be used: ${why}. An admin who knows better can give its endpoints.`,
  );
}

function orNone(scopes: readonly string[]): readonly string[] | undefined {
  return scopes.length === 0 ? undefined : scopes;
}
