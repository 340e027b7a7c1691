/** Sets of addresses, and addresses in one spelling: IPv4 inside IPv6 (`::ffff:a.b.c.d`) counts as IPv4. */
import ipaddr from "ipaddr.js";

export type Address = ipaddr.IPv4 | ipaddr.IPv6;
export type Cidr = readonly [network: Address, bits: number];

/** Parses a canonical address literal; undefined for anything else (`010.1`, `1`, with port or zone). */
export function parseAddress(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  if (!text.includes(":") || text.includes("%") || !ipaddr.IPv6.isValid(text)) return undefined;
  const spelled = text.includes(".") ? hexadecimal(text) : text;
  if (spelled === undefined) return undefined;
  const address = ipaddr.IPv6.parse(spelled);
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

/** Parses `10.0.0.0/8`, or one address as a set of its own. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf("/");
  const network = parseAddress(slash === -1 ? text : text.slice(0, slash));
  if (network === undefined) return undefined;
  const width = network.kind() === "ipv4" ? 32 : 128;
  if (slash === -1) return [network, width];
  const digits = text.slice(slash + 1);
  const bits = /^\d{1,3}$/.test(digits) ? Number(digits) : -1;
  return bits < 0 || bits > width ? undefined : [network, bits];
}

export function isWithin(address: Address, cidrs: readonly Cidr[]): boolean {
  return cidrs.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));
}

/** `::10.0.0.1` → `::a00:1`. The parser would take that for the mapped address, as which a socket does not. */
function hexadecimal(text: string): string | undefined {
  return URL.parse(`http://[${text}]`)?.hostname.slice(1, -1);
}
