/** Tokens without a person at hand: refreshed, exchanged, or for ourselves; and their end. */
import { isFault } from "@castellan/kernel";
import * as oauth from "oauth4webapi";
import { isOAuth } from "../auth/secret-use.ts";
import { credentialFaults } from "../faults.ts";
import type { Clients } from "./choose-client.ts";
import type { Discovery } from "./discovery.ts";
import type { Issuer } from "./issuer.ts";
import type { Grantor, HeldGrant, OAuthTarget, RevocationOutcome, TokenExchange } from "./oauth.ts";
import { readRevocationAnswer, TokenRefusal } from "./token-answer.ts";
import { makeReady, requestTokens, type TokenGround } from "./token-request.ts";
import type { FailureCode, TokenOutcome } from "./tokens.ts";
import { anonymous, type UpstreamClient } from "./upstream-client.ts";
import { hostOf, isTemporary, toWireFault } from "./wire.ts";

export interface GrantGround extends TokenGround {
  readonly discovery: Discovery;
  readonly clients: Clients;
}

const grantTypes = {
  refresh: "refresh_token",
  exchange: "urn:ietf:params:oauth:grant-type:token-exchange",
  assertion: "urn:ietf:params:oauth:grant-type:jwt-bearer",
  own: "client_credentials",
} as const;

/** RFC 6749 §6. By what the grant was given: its own issuer and client, whatever the target says today. */
export async function refresh(
  ground: GrantGround,
  target: OAuthTarget,
  held: HeldGrant,
  signal: AbortSignal,
): Promise<TokenOutcome> {
  const { refreshToken } = held;
  if (refreshToken === undefined)
    return { kind: "refused", error: "invalid_grant", message: "There is no refresh token" };
  const found = await findServer(ground, target, held, signal);
  if (found.kind !== "found") return found;
  const { issuer, client: by } = found;
  const parameters = new URLSearchParams({ refresh_token: refreshToken });
  if (held.resource !== undefined) parameters.set("resource", held.resource);
  const outcome = await requestTokens(
    ground,
    {
      target,
      issuer,
      client: by,
      final: "named",
      send: ({ server, client, authentication, options }) =>
        oauth.genericTokenEndpointRequest(
          server,
          client,
          authentication,
          grantTypes.refresh,
          parameters,
          options,
        ),
    },
    signal,
  );
  if (outcome.kind !== "granted") return outcome;
  // Where no new one comes the old one stays good.
  const { tokens } = outcome;
  return { kind: "granted", tokens: { ...tokens, refreshToken: tokens.refreshToken ?? refreshToken } };
}

/** RFC 7009. What the server does not know any more counts as revoked there (§2.2). */
export async function revoke(
  ground: GrantGround,
  target: OAuthTarget,
  held: HeldGrant,
  signal: AbortSignal,
): Promise<RevocationOutcome> {
  const found = await findServer(ground, target, held, signal);
  if (found.kind !== "found") return found.kind === "failed" ? "failed" : "impossible";
  const { issuer, client } = found;
  if (issuer.revocationEndpoint === undefined) return "impossible";
  const tokens = [
    [held.refreshToken, "refresh_token"],
    [held.accessToken, "access_token"],
  ] as const;
  let outcome: RevocationOutcome = "impossible";
  for (const [token, hint] of tokens) {
    if (token === undefined) continue;
    const each = await revokeOne(ground, { target, issuer, client }, { token, hint }, signal);
    if (each === "failed") return "failed";
    if (each === "revoked") outcome = "revoked";
  }
  return outcome;
}

async function revokeOne(
  ground: GrantGround,
  request: { readonly target: OAuthTarget; readonly issuer: Issuer; readonly client: UpstreamClient },
  { token, hint }: { readonly token: string; readonly hint: string },
  signal: AbortSignal,
): Promise<RevocationOutcome> {
  try {
    const ready = await makeReady(ground, request, signal, readRevocationAnswer);
    const { server, client, authentication, options } = ready;
    await oauth.revocationRequest(server, client, authentication, token, {
      ...options,
      additionalParameters: { token_type_hint: hint },
    });
    return "revoked";
  } catch (error) {
    if (error instanceof TokenRefusal) return isTemporary(error.status) ? "failed" : "impossible";
    if (isFault(error, "cancelled")) throw error;
    if (isFault(error, "credentials_missing")) return "impossible";
    return toWireFault(error).code === "credentials_unavailable" ? "failed" : "impossible";
  }
}

/** Where the target's tokens come from, as which client. Throws as `OAuth.discover`. */
export async function findGrantor(
  { discovery, clients }: GrantGround,
  target: OAuthTarget,
  signal: AbortSignal,
): Promise<Grantor & { readonly server: Issuer; readonly client: UpstreamClient }> {
  const guard = await discovery.guardOf(target, signal);
  const server = await discovery.issuerOf(target, guard.issuer, signal);
  if (server.tokenEndpoint === undefined)
    throw credentialFaults.fault(
      "upstream_auth_unsupported",
      `The authorization server ${server.issuer} has no token endpoint`,
    );
  const client = clients.chooseUnregistered(target, server) ?? anonymous;
  return {
    issuer: server.issuer,
    tokenEndpoint: server.tokenEndpoint,
    clientId: client.id,
    resource: guard.resource,
    scopes: (isOAuth(target.auth) ? target.auth.scopes : undefined) ?? guard.scopes ?? [],
    server,
    client,
  };
}

export async function clientCredentials(
  ground: GrantGround,
  target: OAuthTarget,
  signal: AbortSignal,
): Promise<TokenOutcome> {
  return request(ground, target, { grantType: grantTypes.own, parameters: {} }, signal);
}

export async function tokenExchange(
  ground: GrantGround,
  target: OAuthTarget,
  exchange: TokenExchange,
  signal: AbortSignal,
): Promise<TokenOutcome> {
  const { subjectToken, subjectTokenType, audience } = exchange;
  const parameters = {
    subject_token: subjectToken,
    subject_token_type: subjectTokenType,
    ...(audience !== undefined && { audience }),
  };
  return request(ground, target, { grantType: grantTypes.exchange, parameters }, signal);
}

export async function jwtBearer(
  ground: GrantGround,
  target: OAuthTarget,
  assertion: string,
  signal: AbortSignal,
): Promise<TokenOutcome> {
  return request(ground, target, { grantType: grantTypes.assertion, parameters: { assertion } }, signal);
}

interface GrantRequest {
  readonly grantType: string;
  readonly parameters: Readonly<Record<string, string>>;
}

async function request(
  ground: GrantGround,
  target: OAuthTarget,
  { grantType, parameters }: GrantRequest,
  signal: AbortSignal,
): Promise<TokenOutcome> {
  let grantor: Awaited<ReturnType<typeof findGrantor>>;
  try {
    grantor = await findGrantor(ground, target, signal);
  } catch (error) {
    return toFailure(error);
  }
  const { resource, scopes, server: issuer, client } = grantor;
  const sendsResource = !isOAuth(target.auth) || target.auth.resource !== "omit";
  const body = new URLSearchParams({
    ...parameters,
    ...(scopes.length > 0 && { scope: scopes.join(" ") }),
    ...(sendsResource && { resource }),
  });
  if (grantType === grantTypes.own && client.kind === "anonymous")
    return {
      kind: "client_refused",
      error: "invalid_client",
      message: `No client is registered at ${issuer.issuer}`,
      client: client.kind,
    };
  const outcome = await requestTokens(
    ground,
    {
      target,
      issuer,
      client,
      final: "any",
      send: ({ server, client: sender, authentication, options }) =>
        oauth.genericTokenEndpointRequest(server, sender, authentication, grantType, body, options),
    },
    signal,
  );
  if (outcome.kind !== "granted" || scopes.length === 0) return outcome;
  // RFC 6749 §5.1: what is not said is as it was asked for.
  const { tokens } = outcome;
  return { kind: "granted", tokens: { ...tokens, scopes: tokens.scopes ?? scopes } };
}

interface Found {
  readonly kind: "found";
  readonly issuer: Issuer;
  readonly client: UpstreamClient;
}

/** The server and the client by which something was granted, or why they are not to be had. */
async function findServer(
  { discovery, clients }: GrantGround,
  target: OAuthTarget,
  held: HeldGrant,
  signal: AbortSignal,
): Promise<Found | Exclude<TokenOutcome, { kind: "granted" }>> {
  try {
    const issuer = await discovery.issuerOf(target, held.issuer, signal);
    const client = await clients.find(target, issuer, held.clientId);
    if (client !== undefined) return { kind: "found", issuer, client };
    return {
      kind: "client_refused",
      error: "invalid_client",
      message: `The client by which this was granted at ${hostOf(held.issuer)} is not ours any more`,
      client: "registered",
    };
  } catch (error) {
    return toFailure(error);
  }
}

/** Throws `cancelled`, and what is a defect of ours. */
function toFailure(error: unknown): Extract<TokenOutcome, { kind: "failed" }> {
  if (isFault(error, "cancelled")) throw error;
  const { code, message } = toWireFault(error);
  return { kind: "failed", code: code as FailureCode, message, retryAfterMs: undefined };
}
