/**
 * Signatures by Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA-256 over id, time and body, under a secret
 * that is written `whsec_` and base64.
 */
import { createHmac, randomBytes } from "node:crypto";

const prefix = "whsec_";

export function generateWebhookSecret(): string {
  return prefix + randomBytes(32).toString("base64");
}

export interface Signed {
  /** The notice's, the same with each attempt: who gets it twice can tell. */
  readonly id: string;
  /** Of this attempt, seconds: receivers refuse old ones. */
  readonly timestamp: number;
  readonly body: string;
}

/** The headers of a delivery. While a secret is being rotated there is a signature under each. */
export function signatureHeaders(
  { id, timestamp, body }: Signed,
  secrets: readonly string[],
): Record<string, string> {
  const signed = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(prefix.length), "base64");
    return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
  });
  return { "webhook-id": id, "webhook-timestamp": String(timestamp), "webhook-signature": signed.join(" ") };
}
