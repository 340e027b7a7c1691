import { createHash } from "node:crypto";
import type { Target } from "../target.ts";

const known = new WeakMap<Target, string>();

/** Equal as long as the target is spoken to, and authorized, in the same way; tells nothing of its secrets. */
export function fingerprintOf(target: Target): string {
  let fingerprint = known.get(target);
  if (fingerprint === undefined) {
    const { url, auth, secrets } = target;
    fingerprint = createHash("sha256")
      .update(JSON.stringify([url, auth, secrets]))
      .digest("base64url");
    known.set(target, fingerprint);
  }
  return fingerprint;
}
