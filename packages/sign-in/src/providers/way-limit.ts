/**
 * A way through a provider is written down before anybody has said who they are, and kept for ten minutes: whoever
 * begins many would fill the disk. So they are counted by address, ahead of everything else that is done for them.
 */
import type { RateLimiter } from "@castellan/limits";
import { addressKey, clientAddress } from "@castellan/web";
import type { Context } from "hono";
import { signInFaults } from "../faults.ts";

/** A company behind one address signs in on a Monday morning. */
export const waysPerMinute = 120;

/** Fault: `sign_in_limited`, with `retryAfterSeconds`. */
export async function assertNotTooMany(c: Context, rates: Pick<RateLimiter, "take">): Promise<void> {
  const key = `sign-in/with/${addressKey(clientAddress(c))}`;
  const taken = await rates.take(key, { perMinute: waysPerMinute });
  if (taken.allowed) return;
  throw signInFaults.fault(
    "sign_in_limited",
    "Many people are signing in from where you are. Try again in a minute.",
    { data: { retryAfterSeconds: Math.max(1, Math.ceil(taken.retryAfterMs / 1000)) } },
  );
}
