/**
 * What questions to evaluators are signed with: a key for nothing else, so that no question can be taken for another thing
 * that this installation signs. It is derived from the vault's root secret, and so the same on all replicas.
 */
import { createECDH, createPrivateKey, type KeyObject } from "node:crypto";
import type { Vault } from "@castellan/vault";
import { calculateJwkThumbprint, type JWK } from "jose";

/** Where evaluators find the public half (RFC 7517 §5). */
export const evaluationKeysPath = "/.well-known/castellan-evaluations.json";

export interface SigningKey {
  readonly privateKey: KeyObject;
  /** Its RFC 7638 thumbprint. */
  readonly kid: string;
  readonly publicJwk: JWK;
}

export async function deriveSigningKey(vault: Pick<Vault, "mac">): Promise<SigningKey> {
  const { d, point } = deriveScalar(vault, 1);
  // SEC 1 §2.3.3: 4, then both coordinates.
  const half = {
    kty: "EC",
    crv: "P-256",
    x: base64url(point.subarray(1, 33)),
    y: base64url(point.subarray(33)),
  };
  const kid = await calculateJwkThumbprint(half);
  return {
    privateKey: createPrivateKey({ key: { ...half, d: base64url(d) }, format: "jwk" }),
    kid,
    publicJwk: { ...half, kid, alg: "ES256", use: "sig" },
  };
}

/** Of all 32 bytes one in four thousand million is no scalar of P-256; the next attempt then is. */
function deriveScalar(vault: Pick<Vault, "mac">, attempt: number): { d: Buffer; point: Buffer } {
  const d = vault.mac("policy evaluations", `ES256 ${attempt}`);
  const curve = createECDH("prime256v1");
  try {
    curve.setPrivateKey(d);
  } catch {
    return deriveScalar(vault, attempt + 1);
  }
  return { d, point: curve.getPublicKey() };
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}
