/** The public keys of an issuer (RFC 7517 §5), as they are now: keys come and go while tokens are under way. */
import type { Clock } from "@castellan/kernel";
import { RemoteCopy } from "@castellan/web";
import { createLocalJWKSet, errors, type JWK, type JWTVerifyGetKey } from "jose";
import { discoverIssuer, fetchIssuerJson, issuerUnfit, type IssuerAccess } from "./discovery.ts";

/** Whose keys. */
interface KeysOf extends IssuerAccess {
  readonly issuer: string;
  /** Where they are; absent: where the issuer's metadata say. */
  readonly jwksUri?: string | undefined;
}

export interface IssuerKeysOptions extends KeysOf {
  readonly clock: Clock;
}

const maxKeys = 100;

/**
 * Finds the key of a token, for `jwtVerify`. One that is not known has the keys fetched anew, but not again and again:
 * anybody can make up names of keys. Rejects with what jose throws, `issuer_unavailable`, `issuer_unfit`.
 */
export function createIssuerKeys({ clock, ...of }: IssuerKeysOptions): JWTVerifyGetKey {
  const copy = new RemoteCopy<JWTVerifyGetKey>({ clock, load: () => loadIssuerKeys(of) });
  return async (header, token) => {
    const keys = await copy.get();
    try {
      return await keys(header, token);
    } catch (error) {
      const newer = error instanceof errors.JWKSNoMatchingKey ? await copy.newerThan(keys) : undefined;
      if (newer === undefined) throw error;
      return newer(header, token);
    }
  };
}

/**
 * The keys as they are now. Throws `outbound_refused` and `outbound_policy_invalid` naming the field, `issuer_unfit`,
 * `issuer_unavailable`.
 */
export async function loadIssuerKeys({ issuer, jwksUri, ...access }: KeysOf): Promise<JWTVerifyGetKey> {
  if (jwksUri !== undefined) access.outbound.check(jwksUri, access, "jwksUri");
  const url = jwksUri ?? (await discoverIssuer(issuer, access)).jwksUri;
  return toKeySet(await fetchIssuerJson(url, issuer, access), issuer);
}

function toKeySet(document: unknown, issuer: string): JWTVerifyGetKey {
  const { keys } = (document ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys)) throw issuerUnfit(issuer, "what is at its `jwks_uri` holds no keys");
  if (keys.length > maxKeys) throw issuerUnfit(issuer, `it has more than ${maxKeys} keys`);
  // One that is of no use to us does not take the others with it.
  const usable = keys.filter((key): key is JWK => typeof key === "object" && key !== null && "kty" in key);
  return createLocalJWKSet({ keys: usable });
}
