/** What an authenticator app shows, worked out from the RFC and not by the library that checks it. */
import { createHmac } from "node:crypto";

/** RFC 4226 §5.3 over the step of RFC 6238 §4.2. */
export function codeAt(secret: Uint8Array, nowMs: number): string {
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(nowMs / 30_000)));
  const hash = createHmac("sha1", secret).update(step).digest();
  const offset = (hash.at(-1) ?? 0) & 15;
  return String((hash.readUInt32BE(offset) & 0x7f_ff_ff_ff) % 1_000_000).padStart(6, "0");
}
