/**
 * A client's secret (RFC 6749 §2.3.1): kept as its hash, and known by it. What is sent is compared by hash, at which nobody
 * can aim, and in constant time besides.
 */
import { timingSafeEqual } from "node:crypto";
import { hashSecret } from "@castellan/access";

/** Whether one of these hashes is that of the secret; looks at each of them, whichever it is. */
export function isSecretOf(hashes: readonly string[], secret: string): boolean {
  const sent = Buffer.from(hashSecret(secret), "base64url");
  return hashes.reduce((found, one) => {
    const known = Buffer.from(one, "base64url");
    return (known.length === sent.length && timingSafeEqual(known, sent)) || found;
  }, false);
}
