/**
 * An authorization request is written down before anybody has signed in, and kept for an hour: whoever sends many would
 * fill the disk. So they are counted by address, ahead of everything else that is done for them.
 */
import type { RateLimiter } from "@castellan/limits";
import { addressKey, clientAddress } from "@castellan/web";
import type { Context } from "hono";
import { oauthFaults } from "../faults.ts";

/** A company behind one address signs in on a Monday morning. */
export const requestsPerMinute = 120;

/** @throws authorization_limited */
export async function assertNotTooMany(c: Context, limiter: Pick<RateLimiter, "take">): Promise<void> {
  const address = clientAddress(c);
  if (address === "") return;
  const taken = await limiter.take(`authorization ${addressKey(address)}`, { perMinute: requestsPerMinute });
  if (taken.allowed) return;
  throw oauthFaults.fault("authorization_limited", "Too many authorization requests from this address", {
    data: { retryAfterSeconds: Math.max(1, Math.ceil(taken.retryAfterMs / 1000)) },
  });
}
