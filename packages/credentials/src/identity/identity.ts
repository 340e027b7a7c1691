/**
 * Tokens of our own that say who calls (RFC 7519), signed with the installation's keys. They are for one audience each, and
 * over within minutes: nobody revokes them.
 */
import { randomUUID } from "node:crypto";
import type { Clock } from "@castellan/kernel";
import { SignJWT, type JSONWebKeySet, type JWTPayload } from "jose";
import type { AuthorizedRequest } from "../request-credentials.ts";
import type { IdentityKeys } from "./keys.ts";
import { requestClaims, subjectClaims, type Subject } from "./claims.ts";

export interface Identity {
  /** `iss` of all that is signed: `{publicUrl}/identity`. */
  readonly issuer: string;
  /** A token of who calls; 60 seconds. */
  token(subject: Subject, about: IdentityTokenOptions): Promise<string>;
  /** Any other JWT of this issuer; `iss`, `iat`, `exp` and `jti` are added. */
  sign(claims: JWTPayload & { readonly aud: string }, options: SignOptions): Promise<string>;
  /** What all of it is checked with (RFC 7517 §5): public keys only. */
  keySet(): Promise<JSONWebKeySet>;
}

export interface IdentityTokenOptions {
  readonly audience: string;
  /** Whether the groups of a person are told. */
  readonly withGroups: boolean;
  /** What the token is bound to. */
  readonly request?: AuthorizedRequest;
}

export interface SignOptions {
  /** The media type of the token, without `application/` (RFC 8725 §3.11). */
  readonly type: string;
  readonly lifeSeconds: number;
}

/** Where the issuer lies below the public address. */
export const identityPath = "/identity";
const tokenLifeSeconds = 60;

export function createIdentity(options: {
  readonly keys: IdentityKeys;
  readonly clock: Clock;
  readonly publicUrl: URL;
}): Identity {
  const { keys, clock, publicUrl } = options;
  const issuer = publicUrl.href.replace(/\/$/, "") + identityPath;

  const sign: Identity["sign"] = async (claims, { type, lifeSeconds }) => {
    const key = await keys.signing();
    const nowSeconds = Math.floor(clock.now() / 1000);
    return new SignJWT({
      ...claims,
      iss: issuer,
      iat: nowSeconds,
      exp: nowSeconds + lifeSeconds,
      jti: randomUUID(),
    })
      .setProtectedHeader({ alg: "ES256", kid: key.id, typ: type })
      .sign(key.privateKey);
  };

  return {
    issuer,
    sign,
    token: (subject, { audience, withGroups, request }) =>
      sign(
        { ...subjectClaims(subject, withGroups), ...(request && requestClaims(request)), aud: audience },
        // Validators take `JWT` or nothing, most of them; an ID-JAG has a type of its own and is told apart by it.
        { type: "JWT", lifeSeconds: tokenLifeSeconds },
      ),
    keySet: async () => ({ keys: (await keys.published()).map(({ published }) => published) }),
  };
}
