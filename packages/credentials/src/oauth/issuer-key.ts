/**
 * A name for an issuer that fits into a path: each issuer has a redirect address of its own, so that an answer that one
 * authorization server gives cannot pass for another's (RFC 9700 §4.4.2.2).
 */
import { createHash } from "node:crypto";

const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
const keyLength = 16;
const keyShape = /^[a-z2-7]{16}$/;

/** Eighty bits of SHA-256, in base32. */
export function issuerKey(issuer: string): string {
  const digest = createHash("sha256").update(issuer).digest();
  let bits = BigInt(`0x${digest.subarray(0, 10).toString("hex")}`);
  let key = "";
  for (let at = 0; at < keyLength; at += 1) {
    key = `${alphabet[Number(bits & 31n)]}${key}`;
    bits >>= 5n;
  }
  return key;
}

export function isIssuerKey(text: string): boolean {
  return keyShape.test(text);
}
