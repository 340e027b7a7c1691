/** One request to a token endpoint, and what its answer means for whoever sent it (RFC 6749 §5). */
import { isFault } from "@castellan/kernel";
import type { OutboundResponse } from "@castellan/web";
import * as oauth from "oauth4webapi";
import type { ClientStore } from "./client-store.ts";
import type { Issuer } from "./issuer.ts";
import type { OAuthTarget } from "./oauth.ts";
import { isPassing, plain, readTokenAnswer, TokenRefusal } from "./token-answer.ts";
import type { FailureCode, GrantedTokens, TokenOutcome } from "./tokens.ts";
import { anonymous, authenticationOf, type UpstreamClient } from "./upstream-client.ts";
import { hostOf, toWireFault, type Way } from "./wire.ts";
import { parseScopes } from "./scopes.ts";

export interface TokenGround {
  readonly way: Way;
  readonly store: Pick<ClientStore, "forget">;
  readonly now: () => number;
}

export interface TokenRequest {
  readonly target: OAuthTarget;
  readonly issuer: Issuer;
  readonly client: UpstreamClient;
  /** Sends it, with these at hand. */
  readonly send: (ready: ReadyRequest) => Promise<Response>;
  /**
   * Which refusals end the grant. `named`: those that say that the grant is over; anything else may pass. `any`: whatever
   * is refused in these words is refused again.
   */
  readonly final: "named" | "any";
}

export interface ReadyRequest {
  readonly server: oauth.AuthorizationServer;
  readonly client: oauth.Client;
  readonly authentication: oauth.ClientAuth;
  readonly options: oauth.TokenEndpointRequestOptions;
}

const timeoutMs = 20_000;
const maxBytes = 256 * 1024;
const maxTokenLength = 32 * 1024;
const maxLifeSeconds = 10 * 365 * 86_400;
/** What can be sent in a header, and stored: RFC 6750 §2.1 allows less. */
const tokenShape = /^[\x21-\x7E]+$/;

/** RFC 6749 §5.2; the others (OpenID Connect Core §3.1.2.6) come from refreshes, too, where a person must act. */
const endOfGrant = new Set([
  "invalid_grant",
  "interaction_required",
  "login_required",
  "consent_required",
  "account_selection_required",
]);
const endOfClient = new Set(["invalid_client", "unauthorized_client"]);

/** Throws `cancelled` only. */
export async function requestTokens(
  ground: TokenGround,
  request: TokenRequest,
  signal: AbortSignal,
): Promise<TokenOutcome> {
  try {
    const ready = await makeReady(ground, request, signal);
    const answer = await oauth.processGenericTokenEndpointResponse(
      ready.server,
      ready.client,
      await request.send(ready),
    );
    return { kind: "granted", tokens: toTokens(answer, ground.now()) };
  } catch (error) {
    return toOutcome(ground, request, error);
  }
}

/** What `oauth4webapi` is to know for a request, and its way out. `read` throws `TokenRefusal`. */
export async function makeReady(
  { way, now }: Pick<TokenGround, "way" | "now">,
  { target, issuer, client }: Pick<TokenRequest, "target" | "issuer" | "client">,
  signal: AbortSignal,
  read: (answer: OutboundResponse, nowMs: number) => Response = readTokenAnswer,
): Promise<ReadyRequest> {
  return {
    server: {
      issuer: issuer.issuer,
      ...(issuer.tokenEndpoint !== undefined && { token_endpoint: issuer.tokenEndpoint }),
      ...(issuer.revocationEndpoint !== undefined && { revocation_endpoint: issuer.revocationEndpoint }),
    },
    client: { client_id: client.id ?? anonymous.kind },
    authentication: await authenticationOf(client, issuer),
    options: {
      // Plain http goes where an admin allowed it and nowhere else: the safe way out sees to that.
      [oauth.allowInsecureRequests]: true,
      [oauth.customFetch]: async (url, { method, headers, body }) => {
        const answer = await way.fetch(url, {
          policy: { allowPrivate: target.allowPrivate },
          method: method === "POST" ? "POST" : "GET",
          headers,
          ...(body !== undefined && body !== null && { body: String(body) }),
          timeoutMs,
          maxBytes,
          signal,
        });
        return read(answer, now());
      },
    },
  };
}

function toTokens(answer: oauth.TokenEndpointResponse, nowMs: number): GrantedTokens {
  const { access_token: accessToken, refresh_token: refreshToken, expires_in: seconds, scope } = answer;
  if (String(answer.token_type) === "dpop") throw new UnusableAnswer("its tokens are bound to a key (DPoP)");
  for (const token of [accessToken, refreshToken])
    if (token !== undefined && (token.length > maxTokenLength || !tokenShape.test(token)))
      throw new UnusableAnswer("it sent a token that cannot be used");
  return {
    accessToken,
    refreshToken,
    expiresAtMs: seconds === undefined ? undefined : nowMs + Math.min(seconds, maxLifeSeconds) * 1000,
    scopes: scope === undefined ? undefined : parseScopes(scope),
  };
}

class UnusableAnswer extends Error {
  override readonly name = "UnusableAnswer";
}

async function toOutcome(
  { store }: TokenGround,
  { issuer, client, final }: TokenRequest,
  error: unknown,
): Promise<TokenOutcome> {
  const host = hostOf(issuer.tokenEndpoint ?? issuer.issuer);
  if (error instanceof TokenRefusal) {
    const message = `${host} refused: ${error.message}`;
    const said = error.error ?? "";
    // RFC 6749 §5.2: 401 is about the client, even where no code says so.
    if (endOfClient.has(said) && !isPassing(error)) {
      if (client.kind === "registered" && client.id !== undefined)
        await store.forget(issuer.issuer, client.id);
      return { kind: "client_refused", error: said, message, client: client.kind };
    }
    if (!isPassing(error) && (final === "any" || endOfGrant.has(said)))
      return { kind: "refused", error: said, message };
    return failed("credentials_unavailable", message, error.retryAfterMs);
  }
  if (isFault(error, "cancelled")) throw error;
  if (isFault(error, "credentials_missing"))
    return {
      kind: "client_refused",
      error: "credentials_missing",
      message: error.message,
      client: client.kind,
    };
  if (error instanceof UnusableAnswer)
    return failed("upstream_auth_unsupported", `${host}: ${error.message}`);
  // What the library found in the answer; its words are about form, its `cause` is not told: there are tokens in it.
  if (error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError)
    return failed("credentials_unavailable", `${host} answered something else: ${plain(error.message)}`);
  const fault = toWireFault(error);
  return failed(fault.code as FailureCode, fault.message);
}

function failed(code: FailureCode, message: string, retryAfterMs?: number): TokenOutcome {
  return { kind: "failed", code, message, retryAfterMs };
}
