/** Names to addresses, and only to those that the rules allow. */
import type { LookupOptions } from "node:dns";
import { lookup as systemLookup } from "node:dns/promises";
import type { LookupFunction } from "node:net";
import { parseAddress } from "../cidr.ts";
import { webFaults } from "../faults.ts";
import type { Destination, OutboundRules } from "./policy.ts";

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** All addresses of a name, best first; rejects when it has none. */
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>;

/** The machine's own way: hosts file, then DNS. */
export const resolveBySystem: Resolve = (hostname) => systemLookup(hostname, { all: true });

/**
 * The addresses that a connection may go to. A name that has allowed and other addresses is reached
 * by the allowed ones only.
 *
 * @throws outbound_refused when none is allowed; what `resolve` rejects with
 */
async function resolveAllowed(
  destination: Destination,
  rules: OutboundRules,
  resolve: Resolve,
): Promise<readonly ResolvedAddress[]> {
  let reason = "has no address";
  const allowed = (await resolve(destination.hostname)).filter(({ address }) => {
    const refusal = rules.judgeAddress(destination, address);
    reason = refusal ?? reason;
    return refusal === undefined;
  });
  if (allowed.length === 0) throw refused(destination, reason);
  return allowed;
}

/** For a proxy, which resolves the name for itself: all of its addresses must be allowed. @throws outbound_refused */
export async function assertAllAllowed(
  destination: Destination,
  rules: OutboundRules,
  resolve: Resolve,
): Promise<void> {
  assertDestination(destination, rules);
  if (parseAddress(destination.hostname) !== undefined) return;
  const addresses = await resolve(destination.hostname);
  if (addresses.length === 0) throw refused(destination, "has no address");
  for (const { address } of addresses) {
    const reason = rules.judgeAddress(destination, address);
    if (reason !== undefined) throw refused(destination, reason);
  }
}

/** What needs no resolver: the scheme, a host that is an address, loopback's own names. @throws outbound_refused */
export function assertDestination(destination: Destination, rules: OutboundRules): void {
  const reason = rules.judgeDestination(destination);
  if (reason !== undefined) throw refused(destination, reason);
}

function refused({ hostname }: Destination, reason: string): Error {
  return webFaults.fault("outbound_refused", `${hostname} ${reason}`);
}

/** The `lookup` of a socket to this destination: what it connects to is what was judged. */
export function guardedLookup(
  destination: Destination,
  rules: OutboundRules,
  resolve: Resolve,
): LookupFunction {
  const run: (...parameters: Parameters<LookupFunction>) => Promise<void> = async (
    _name,
    options,
    callback,
  ) => {
    let usable: ResolvedAddress[];
    try {
      const wanted = familyOf(options.family);
      const allowed = await resolveAllowed(destination, rules, resolve);
      usable = allowed.filter(({ family }) => wanted === 0 || family === wanted);
    } catch (error) {
      callback(error as NodeJS.ErrnoException, "", 0);
      return;
    }
    const [first] = usable;
    if (first === undefined) callback(noAddress(destination), "", 0);
    else if (options.all === true) callback(null, usable);
    else callback(null, first.address, first.family);
  };
  return (...parameters) => void run(...parameters);
}

function familyOf(family: LookupOptions["family"]): number {
  if (family === "IPv4") return 4;
  return family === "IPv6" ? 6 : (family ?? 0);
}

function noAddress({ hostname }: Destination): NodeJS.ErrnoException {
  return Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: "ENOTFOUND" });
}
