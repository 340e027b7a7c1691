/**
 * What kind of address one is, above all where an outbound connection would go to. Only `public` is open to everyone.
 *
 * `private` is what a company's own network is made of, and an administrator may allow it by host
 * name. `reserved` never belongs to a server that somebody means by name (link-local with the cloud
 * metadata services, multicast, unspecified, documentation, …): only its address or CIDR allows it.
 * IANA special-purpose registries (RFC 6890), as ipaddr.js knows them, and what they leave out.
 */
import ipaddr from "ipaddr.js";
import { parseAddress, type Address } from "../cidr.ts";

export type AddressClass = "public" | "private" | "reserved";

const privateRanges = new Set(["loopback", "private", "carrierGradeNat", "uniqueLocal"]);

/** Azure's platform endpoint: a public address that answers virtual machines only, with their secrets. */
const azurePlatform = "168.63.129.16";

/** What the IPv6 Internet is made of; all else is unassigned (RFC 4291 §2.4, IANA). */
const globalUnicast = ipaddr.IPv6.parseCIDR("2000::/3");
/** An IPv4 address behind a translator, which is how IPv6-only networks reach IPv4 (RFC 6052 §2.1). */
const translated = ipaddr.IPv6.parseCIDR("64:ff9b::/96");

/** `address` with IPv4 inside IPv6 already unwrapped, as `parseAddress` gives it. */
export function classifyAddress(address: Address): AddressClass {
  if (isIPv6(address)) {
    if (address.match(translated)) return classifyAddress(lastFourBytes(address));
    const range = address.range();
    if (privateRanges.has(range)) return "private";
    return range === "unicast" && address.match(globalUnicast) ? "public" : "reserved";
  }
  const range = address.range();
  if (privateRanges.has(range)) return "private";
  return range === "unicast" && address.toString() !== azurePlatform ? "public" : "reserved";
}

/** Whether a text is the address of somebody on the Internet. */
export function isPublicAddress(text: string): boolean {
  const address = parseAddress(text);
  return address !== undefined && classifyAddress(address) === "public";
}

function isIPv6(address: Address): address is ipaddr.IPv6 {
  return address.kind() === "ipv6";
}

function lastFourBytes(address: ipaddr.IPv6): ipaddr.IPv4 {
  return new ipaddr.IPv4(address.toByteArray().slice(12));
}
