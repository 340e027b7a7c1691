/**
 * Whether a JWT is an access token of an issuer, good at this moment, for this audience (RFC 9068 §4, RFC 8725 §3).
 * Tokens are checked as strangers send them: an ID token, a token for somebody else or one that is bound to a key
 * must not be taken for an access token, however well it is signed.
 */
import { isFault } from "@castellan/kernel";
import {
  decodeJwt,
  errors,
  jwtVerify,
  type JWTHeaderParameters,
  type JWTPayload,
  type JWTVerifyGetKey,
} from "jose";
import { invalidToken } from "../bearer.ts";
import { accessFaults } from "../faults.ts";
import type { TrustedIssuer } from "./trusted-issuer.ts";

export const clockSkewSeconds = 60;
const maxTokenLength = 16 * 1024;

/** Before any key is asked for: from whom a token says it is, and for whom. Undefined for what is no JWT. */
export function readClaimed(token: string): { issuer: string; audiences: readonly string[] } | undefined {
  if (token.length > maxTokenLength) return undefined;
  try {
    const { iss, aud = [] } = decodeJwt(token);
    if (typeof iss !== "string") return undefined;
    return { issuer: iss, audiences: [aud].flat() };
  } catch {
    return undefined;
  }
}

/** Its claims. Throws `token_invalid`, `token_expired`, `token_check_unavailable`. */
export async function verifyToken(
  token: string,
  { issuer, audience, algorithms }: Pick<TrustedIssuer, "issuer" | "audience" | "algorithms">,
  { keys, nowMs }: { readonly keys: JWTVerifyGetKey; readonly nowMs: number },
): Promise<JWTPayload> {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      issuer,
      audience,
      algorithms: [...algorithms],
      clockTolerance: clockSkewSeconds,
      currentDate: new Date(nowMs),
      requiredClaims: ["exp"],
    });
    const at = { header: protectedHeader, claims: payload, nowSeconds: nowMs / 1000 };
    if (refusals.some((isRefused) => isRefused(at))) throw invalidToken();
    return payload;
  } catch (error) {
    throw toTokenFault(error);
  }
}

interface Signed {
  readonly header: JWTHeaderParameters;
  readonly claims: JWTPayload;
  readonly nowSeconds: number;
}

/** What makes a token with a good signature no access token for us. */
const refusals: readonly ((signed: Signed) => boolean)[] = [
  hasOtherType,
  isIdToken,
  isOfOtherUse,
  isBoundToKey,
  isFromTheFuture,
];

/** RFC 8725 §3.11: security events, logout tokens, assertions of clients are JWTs of the same issuer, too. */
function hasOtherType({ header }: Signed): boolean {
  return header.typ !== undefined && !tokenTypes.has(header.typ.toLowerCase());
}

const tokenTypes = new Set(["jwt", "at+jwt", "application/at+jwt", "application/okta-internal-at+jwt"]);

/** OIDC Core §3.1.3.6, §3.3.2.11: claims that tie an ID token to what was handed out beside it. */
function isIdToken({ claims }: Signed): boolean {
  return Object.hasOwn(claims, "at_hash") || Object.hasOwn(claims, "c_hash");
}

/** Cognito and Keycloak say what a token is for in a claim of their own. */
function isOfOtherUse({ claims }: Signed): boolean {
  const { token_use: use, typ } = claims;
  return (
    (use !== undefined && use !== "access") || (typeof typ === "string" && otherUses.has(typ.toLowerCase()))
  );
}

const otherUses = new Set(["id", "refresh", "offline", "logout"]);

/** RFC 9449 §7.2, RFC 8705 §3: whoever sends it must prove that they hold a key, which nobody does here. */
function isBoundToKey({ claims }: Signed): boolean {
  return Object.hasOwn(claims, "cnf");
}

function isFromTheFuture({ claims, nowSeconds }: Signed): boolean {
  return typeof claims.iat === "number" && claims.iat > nowSeconds + clockSkewSeconds;
}

function toTokenFault(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return accessFaults.fault("token_expired", "The token has expired");
  if (isFault(error, "token_invalid")) return error;
  if (isFault(error))
    return accessFaults.fault("token_check_unavailable", "The keys of the token's issuer cannot be had", {
      cause: error,
    });
  return error instanceof errors.JOSEError || error instanceof TypeError ? invalidToken() : error;
}
