/** What a provider says in the end, from a code to a person's claims: every check of OIDC Core §3.1.3.7, and a signature. */
import { findClaim, readMethods, type Claims } from "@castellan/access";
import type { Clock } from "@castellan/kernel";
import { jwtVerify } from "jose";
import * as oidc from "openid-client";
import { signInFaults } from "../faults.ts";
import type { Connection } from "./connection.ts";
import type { Flow } from "./flows.ts";
import type { Provider } from "./provider.ts";

export interface Answer {
  readonly claims: Claims;
  /** How they proved it (RFC 8176), as far as the provider says. */
  readonly amr: readonly string[];
  /** When they proved it, as the provider says; without its word, not just now. */
  readonly provedAt: Date;
}

export interface Asked {
  readonly provider: Provider;
  readonly connection: Connection;
  readonly flow: Flow;
  readonly state: string;
  /** Where they came back, by the public address, with the whole query. */
  readonly callback: URL;
  readonly clock: Clock;
}

const clockSkewMs = 60_000;
/** Longer ago than any proof is fresh for. */
const unsaidMs = 3600_000;

/** Throws what `toProviderFault` makes something of. */
export async function readAnswer(asked: Asked): Promise<Answer> {
  const { idToken, claims } = await redeem(asked);
  return { claims, amr: readMethods(idToken["amr"]), provedAt: provedAtOf(idToken, asked) };
}

async function redeem(asked: Asked): Promise<{ idToken: Claims; claims: Claims }> {
  const { provider, connection, flow, state, callback, clock } = asked;
  const { configuration, keys, algorithms } = connection;
  const answer = await oidc.authorizationCodeGrant(configuration, callback, {
    expectedState: state,
    expectedNonce: flow.nonce,
    pkceCodeVerifier: flow.codeVerifier,
    idTokenExpected: true,
  });
  // OIDC Core lets TLS stand in for the signature; a proxy between the two could then be anybody's provider.
  await jwtVerify(answer.id_token ?? "", keys, {
    issuer: provider.issuer,
    audience: provider.clientId,
    algorithms: [...algorithms],
    clockTolerance: clockSkewMs / 1000,
    currentDate: new Date(clock.now()),
  });
  const idToken: Claims = answer.claims() ?? {};
  const hasMore = configuration.serverMetadata().userinfo_endpoint !== undefined;
  if (!hasMore || isWhole(idToken, provider)) return { idToken, claims: idToken };
  const more = await oidc.fetchUserInfo(configuration, answer.access_token, String(idToken["sub"]));
  return { idToken, claims: together(idToken, more, provider) };
}

/** Whether an ID token says all that is asked for; what it lacks is at the UserInfo endpoint (OIDC Core §5.3). */
function isWhole(idToken: Claims, { claims: names, keptClaims, requiresVerifiedEmail }: Provider): boolean {
  const isSaid = (name: string | undefined) => name === undefined || findClaim(idToken, name) !== undefined;
  const needsVerified = requiresVerifiedEmail && names.email === "email";
  return (
    isSaid(names.email) &&
    isSaid(names.name) &&
    isSaid(names.groups) &&
    keptClaims.every(isSaid) &&
    (!needsVerified || isSaid("email_verified"))
  );
}

/** The ID token's word goes first. That an address is verified counts for the address that it was said with. */
function together(idToken: Claims, more: Claims, { claims: names }: Provider): Claims {
  const emailIn = (claims: Claims) => findClaim(claims, names.email);
  const email = emailIn(idToken) ?? emailIn(more);
  const saying = [idToken, more].filter((claims) => emailIn(claims) === email);
  const verified = ["email_verified", "xms_edov"].map((flag) => [
    flag,
    saying.map((claims) => claims[flag]).find((value) => value !== undefined),
  ]);
  return { ...more, ...idToken, ...(Object.fromEntries(verified) as Claims) };
}

/** OIDC Core §3.1.2.1, `max_age`: what was asked for must also have been done. */
function assertFresh(at: unknown, afterMs: number): void {
  if (typeof at === "number" && at * 1000 >= afterMs - clockSkewMs) return;
  throw signInFaults.fault(
    "sign_in_not_fresh",
    "Your identity provider does not say that you have just proved who you are. Sign out there, then try again.",
  );
}

/** A provider that knows somebody sends them straight back: what they do here then is no proof of theirs (`auth_time`). */
function provedAtOf(idToken: Claims, { flow, clock }: Asked): Date {
  const at = idToken["auth_time"];
  if (flow.provesAfterMs !== undefined) {
    assertFresh(at, flow.provesAfterMs);
    return new Date(clock.now());
  }
  const saidMs = typeof at === "number" ? at * 1000 : clock.now() - unsaidMs;
  return new Date(Math.max(0, Math.min(saidMs, clock.now())));
}
