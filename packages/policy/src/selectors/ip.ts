/** Addresses, as numbers: a thousand ranges are looked at with each new connection. */
import { parseAddress, parseCidr, type Address } from "@castellan/web";
import type { SelectorDefinition } from "./definition.ts";

/** One word of 32 bits for IPv4, four for IPv6, the first being the highest; IPv4 inside IPv6 is IPv4. */
type Words = readonly number[];

export const ip: SelectorDefinition<string> = {
  problem(value) {
    const range = rangeOf(value);
    if (range === undefined) return "must be an address or a CIDR range, such as 10.0.0.0/8 or 2001:db8::/32";
    const { network, masks } = range;
    const hasHostBits = network.some((word, index) => (word & (masks[index] ?? 0)) !== word);
    return hasHostBits ? "has bits set behind its prefix: give the first address of the range" : undefined;
  },
  matcher(value) {
    const range = rangeOf(value);
    if (range === undefined) throw new Error(`${value} is no range of addresses`);
    const { network, masks } = range;
    const width = network.length;
    const [first = 0] = network;
    const [firstMask = 0] = masks;
    return {
      time: "where",
      match({ address }) {
        const words = wordsOf(address);
        if (words === undefined) return "unknown";
        if (words.length !== width || ((words[0] as number) & firstMask) !== first) return "no";
        for (let index = 1; index < width; index++) {
          if (((words[index] as number) & (masks[index] as number)) !== network[index]) return "no";
        }
        return "yes";
      },
    };
  },
  words: (value) => (value.includes("/") ? `the address is in ${value}` : `the address is ${value}`),
};

function rangeOf(text: string): { network: Words; masks: Words } | undefined {
  const cidr = parseCidr(text);
  if (cidr === undefined) return undefined;
  const network = numbers(cidr[0]);
  return { network, masks: network.map((_, index) => maskOf(cidr[1] - 32 * index)) };
}

/** Of the word in which so many bits of the prefix are left. */
function maskOf(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? -1 : -1 << (32 - bits);
}

// All ranges are asked about one address, one after the other: it is taken apart once.
let lastAddress: string | undefined;
let lastWords: Words | undefined;

function wordsOf(address: string): Words | undefined {
  if (address !== lastAddress) {
    const parsed = parseAddress(address);
    lastWords = parsed && numbers(parsed);
    lastAddress = address;
  }
  return lastWords;
}

function numbers(address: Address): Words {
  const bytes = address.toByteArray();
  const words: number[] = [];
  for (let at = 0; at < bytes.length; at += 4) {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(at, at + 4);
    words.push((a << 24) | (b << 16) | (c << 8) | d);
  }
  return words;
}
