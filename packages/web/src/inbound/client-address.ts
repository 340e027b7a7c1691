/**
 * Who is calling, when proxies stand in between. A proxy appends the address that it saw, so the
 * list is read from the right, and only as long as the one who wrote an entry is trusted
 * (RFC 7239 §8.1): everything further left is what a client may have made up.
 */
import type { Socket } from "node:net";
import { webFaults } from "../faults.ts";
import { isWithin, parseAddress, parseCidr, type Cidr } from "../cidr.ts";
import { serverBindings } from "./environment.ts";
import type { Exchange, Stage } from "./exchange.ts";

/** The header in which the trusted proxies write. The other one is ignored, since they may let a client's pass. */
export type ForwardedHeader = "x-forwarded-for" | "forwarded";

export interface ProxyTrust {
  /** Whether the socket's other end is a trusted proxy. */
  trusts(exchange: Exchange): boolean;
  /** Stage: finds the client's address. */
  readonly address: Stage;
}

/** @throws web_setting_invalid when an entry of `trustedProxies` is no CIDR. */
export function createProxyTrust(
  trustedProxies: readonly string[] = [],
  forwardedHeader: ForwardedHeader = "x-forwarded-for",
): ProxyTrust {
  const cidrs = trustedProxies.map((text, index) => parseTrusted(text, index));
  const verdicts = new WeakMap<Socket, boolean>();

  const trusts = (exchange: Exchange): boolean => {
    const socket = cidrs.length === 0 ? undefined : serverBindings(exchange.context)?.incoming.socket;
    if (socket === undefined) return false;
    let verdict = verdicts.get(socket);
    if (verdict === undefined) {
      const peer = parseAddress(plainAddress(socket.remoteAddress));
      verdict = peer !== undefined && isWithin(peer, cidrs);
      verdicts.set(socket, verdict);
    }
    return verdict;
  };

  const address: Stage = (exchange) => {
    const peer = plainAddress(serverBindings(exchange.context)?.incoming.socket.remoteAddress);
    const list = trusts(exchange) ? exchange.header(forwardedHeader) : undefined;
    exchange.address =
      list === undefined
        ? peer
        : firstUntrusted(forwardedHeader === "forwarded" ? forwardedFor(list) : list.split(","), peer, cidrs);
    return undefined;
  };

  return { trusts, address };
}

function parseTrusted(text: string, index: number): Cidr {
  const cidr = parseCidr(text);
  if (cidr !== undefined) return cidr;
  const field = `trustedProxies[${index}]`;
  throw webFaults.fault(
    "web_setting_invalid",
    `${field}: ${JSON.stringify(text)} is not an address or CIDR`,
    { field },
  );
}

/** Node shows IPv4 on a dual-stack socket as `::ffff:a.b.c.d`. */
export function plainAddress(remote = ""): string {
  return remote.startsWith("::ffff:") ? remote.slice(7) : remote;
}

function firstUntrusted(hops: readonly string[], peer: string, trusted: readonly Cidr[]): string {
  let client = peer;
  for (const hop of hops.toReversed()) {
    const address = parseAddress(withoutPort(hop.trim()));
    // An unreadable entry ("unknown", "_hidden", nonsense): the hop that wrote it is the last one known.
    if (address === undefined) break;
    client = address.toString();
    if (!isWithin(address, trusted)) break;
  }
  return client;
}

/** `for=` of each element of a Forwarded header (RFC 7239 §4); "" where there is none. */
function forwardedFor(header: string): string[] {
  const elements = header.match(/(?:"(?:[^"\\]|\\.)*"|[^,"]|")+/g) ?? [];
  return elements.map(
    (element) => /(?:^|;)\s*for=(?:"([^"]*)"|([^;\s]*))/i.exec(element)?.slice(1).find(Boolean) ?? "",
  );
}

/** `1.2.3.4:5` and `[2001:db8::1]:5` without their ports (RFC 7239 §6). */
function withoutPort(node: string): string {
  if (node.startsWith("[")) return node.slice(1, Math.max(1, node.indexOf("]")));
  return node.replace(/^([\d.]+):\d+$/, "$1");
}
