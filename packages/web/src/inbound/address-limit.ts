/**
 * A token bucket for each client address: the coarse limit that holds before anyone is known, per
 * replica. An IPv6 client is counted by its /64, since that is what one subscriber is given.
 */
import type { Clock } from "@castellan/kernel";
import { webFaults } from "../faults.ts";
import { parseAddress } from "../cidr.ts";
import type { Stage } from "./exchange.ts";
import { RecentMap } from "./recent-map.ts";

export interface AddressLimit {
  /** Requests a second that an address may send for long. */
  readonly perSecond: number;
  /** Requests that it may send at once after a pause. */
  readonly burst: number;
  /** How many addresses are remembered; the ones not seen lately are forgotten first. Default 20,000. */
  readonly maxAddresses?: number;
}

interface Bucket {
  tokens: number;
  /** When `tokens` was right, on the monotonic clock. */
  atMs: number;
}

/** Stage: refuses with `address_limited` (429), saying after how many seconds to come back. */
export function limitAddress(limit: AddressLimit, clock: Clock): Stage {
  const { perSecond, burst, maxAddresses = 20_000 } = limit;
  if (!(perSecond > 0 && burst >= 1))
    throw webFaults.fault(
      "web_setting_invalid",
      "addressLimit: perSecond must be positive and burst at least 1",
      {
        field: "addressLimit",
      },
    );
  const buckets = new RecentMap<string, Bucket>(maxAddresses);
  return ({ address }) => {
    if (address === "") return undefined;
    const key = addressKey(address);
    const nowMs = clock.monotonic();
    let bucket = buckets.get(key);
    if (bucket === undefined) {
      bucket = { tokens: burst, atMs: nowMs };
      buckets.set(key, bucket);
    }
    bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * perSecond);
    bucket.atMs = nowMs;
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      return undefined;
    }
    const retryAfterSeconds = Math.ceil((1 - bucket.tokens) / perSecond);
    throw webFaults.fault("address_limited", "Too many requests from this address", {
      data: { retryAfterSeconds },
    });
  };
}

/** What an address is counted under: an IPv6 one under its /64. */
export function addressKey(address: string): string {
  if (!address.includes(":")) return address;
  const parsed = parseAddress(address);
  if (parsed === undefined || parsed.kind() === "ipv4") return address;
  return Buffer.from(parsed.toByteArray().slice(0, 8)).toString("hex");
}
