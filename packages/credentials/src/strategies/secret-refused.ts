/** Tells that what an admin gave for all is not taken, once an hour at most: each call of many would say so. */
import { RecentMap } from "@castellan/web";
import type { Clock } from "@castellan/kernel";
import { fingerprintOf } from "../grants/fingerprint.ts";
import type { Target } from "../target.ts";

export type SecretRefused = (target: Target, by: SecretRefuser) => void;

/** `target`: it answered 401. `authorization_server`: it does not let this installation's client in, or gives it no token. */
export type SecretRefuser = "target" | "authorization_server";

const tellAgainAfterMs = 3_600_000;
const maxTargets = 10_000;

export function createSecretRefused(clock: Clock, tell: SecretRefused): SecretRefused {
  const toldAt = new RecentMap<string, number>(maxTargets);
  return (target, by) => {
    // Another secret is news again.
    const key = `${by} ${target.id} ${fingerprintOf(target)}`;
    const at = toldAt.get(key);
    if (at !== undefined && clock.now() - at < tellAgainAfterMs) return;
    toldAt.set(key, clock.now());
    tell(target, by);
  };
}
