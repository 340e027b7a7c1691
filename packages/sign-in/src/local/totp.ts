/** Codes of an authenticator app (RFC 6238): six digits, a new one every 30 seconds, SHA-1 as all apps know it. */
import { randomBytes } from "node:crypto";
import { Secret, TOTP } from "otpauth";

/** RFC 4226 §4: 160 bits, the length of the hash. */
export const totpSecretBytes = 20;

export function newTotpSecret(): Buffer {
  return randomBytes(totpSecretBytes);
}

/** What the app is told, as a QR code or by hand. */
export interface TotpSetUp {
  /** `otpauth://totp/…` */
  readonly uri: string;
  /** Base32, in groups of four. */
  readonly key: string;
}

export function totpSetUp(secret: Uint8Array, account: { issuer: string; label: string }): TotpSetUp {
  const totp = totpOf(secret, account);
  return { uri: totp.toString(), key: totp.secret.base32.match(/.{1,4}/g)?.join(" ") ?? "" };
}

/**
 * The step that a code belongs to, if it is now, the one before or the one after, and later than `afterStep`: a code is
 * good once (RFC 6238 §5.2). Spaces in the code do not count.
 */
export function matchTotp(
  secret: Uint8Array,
  code: string,
  { nowMs, afterStep }: { nowMs: number; afterStep: number },
): number | undefined {
  const token = code.replaceAll(/\s/g, "");
  if (!/^\d{6}$/.test(token)) return undefined;
  const delta = totpOf(secret).validate({ token, timestamp: nowMs, window: 1 });
  if (delta === null) return undefined;
  const step = Math.floor(nowMs / stepMs) + delta;
  return step > afterStep ? step : undefined;
}

const stepMs = 30_000;

function totpOf(secret: Uint8Array, account: { issuer?: string; label?: string } = {}): TOTP {
  // A copy: a Buffer may be a view of a pool that others share.
  return new TOTP({ ...account, secret: new Secret({ buffer: new Uint8Array(secret).buffer }) });
}
