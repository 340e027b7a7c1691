/** Who may be called: everything public over https, and what an administrator allowed beside it. */
import { isWithin, parseAddress, parseCidr, type Address, type Cidr } from "../cidr.ts";
import { webFaults } from "../faults.ts";
import { classifyAddress } from "./address-class.ts";

export interface OutboundPolicy {
  /**
   * What is allowed although it is not public: `host`, `host:port`, an address or a CIDR. A host
   * name opens private addresses; link-local and reserved ones must be given as address or CIDR.
   */
  readonly allowPrivate: readonly string[];
  /** Lets http be used towards public addresses too. Default false. */
  readonly allowHttp?: boolean;
}

/** Where a request goes, as the policy looks at it: name in lower case, without brackets or final dot. */
export interface Destination {
  readonly isHttp: boolean;
  readonly hostname: string;
  readonly port: number;
}

/** A policy that has been parsed. Each judgement is a reason for refusing, or undefined. */
export interface OutboundRules {
  /** Equal for policies that allow the same. */
  readonly key: string;
  /** What can be said before the name is resolved. */
  judgeDestination(destination: Destination): string | undefined;
  /** What an address of that destination adds. */
  judgeAddress(destination: Destination, address: string): string | undefined;
}

/** @throws outbound_policy_invalid naming the entry */
export function parsePolicy(policy: OutboundPolicy): OutboundRules {
  const { allowHttp = false } = policy;
  const hosts = new Set<string>();
  const cidrs: Cidr[] = [];
  for (const [index, entry] of policy.allowPrivate.entries()) {
    const cidr = parseCidr(entry);
    if (cidr === undefined) hosts.add(parseHost(entry, `allowPrivate[${index}]`));
    else cidrs.push(cidr);
  }
  const isNamed = ({ hostname, port }: Destination) =>
    hosts.has(hostname) || hosts.has(withPort(hostname, port));
  const needsTls = "is plain http, which is only for addresses that an administrator allowed";

  const judgeAddress = (destination: Destination, text: string): string | undefined => {
    const address = parseAddress(text);
    if (address === undefined) return "does not resolve to an IP address";
    if (isWithin(address, cidrs)) return undefined;
    const kind = classifyAddress(address);
    const isLiteral = parseAddress(destination.hostname) !== undefined;
    const isAllowed = kind === "public" || (isNamed(destination) && (kind === "private" || isLiteral));
    if (!isAllowed) return `leads to a ${kind} address that no administrator allowed`;
    return destination.isHttp && !allowHttp && !isNamed(destination) ? needsTls : undefined;
  };

  const judgeDestination = (destination: Destination): string | undefined => {
    const literal = parseAddress(destination.hostname);
    if (literal !== undefined) return judgeAddress(destination, destination.hostname);
    if (isLoopbackName(destination.hostname)) return judgeAddress(destination, "127.0.0.1");
    // An allowed CIDR may hold what the name resolves to; that is known when it connects.
    const mayHttp = !destination.isHttp || allowHttp || isNamed(destination) || cidrs.length > 0;
    return mayHttp ? undefined : needsTls;
  };

  const key = JSON.stringify([allowHttp, [...hosts].sort(), cidrs.map(cidrText).sort()]);
  return { key, judgeDestination, judgeAddress };
}

/** RFC 6761 §6.3: these resolve to loopback, whatever a resolver says. */
function isLoopbackName(hostname: string): boolean {
  return hostname === "localhost" || hostname.endsWith(".localhost");
}

function cidrText([network, bits]: readonly [Address, number]): string {
  return `${network.toString()}/${bits}`;
}

/** An entry that is no address: a host, alone or with a port, in the spelling of a `Destination`. */
function parseHost(entry: string, field: string): string {
  const [, name = "", port] = /^([^\s/?#@\\:*]+|\[[^\]]+\])(?::(\d{1,5}))?$/.exec(entry) ?? [];
  const url = name === "" ? null : URL.parse(`http://${name}`);
  if (url === null || Number(port ?? 1) > 65_535 || Number(port ?? 1) < 1) {
    throw webFaults.fault(
      "outbound_policy_invalid",
      `${field}: ${JSON.stringify(entry)} is not a host name, host:port, address or CIDR`,
      { field },
    );
  }
  const hostname = plainHostname(url.hostname);
  return port === undefined ? hostname : withPort(hostname, Number(port));
}

/** With a blank, since `fd00::1:80` is an address too. */
function withPort(hostname: string, port: number): string {
  return `${hostname} ${port}`;
}

/** `[::1]` → `::1`, `Example.COM.` → `example.com`: one spelling for one host. */
export function plainHostname(hostname: string): string {
  const bare = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
  const mapped = bare.includes(":") ? parseAddress(bare)?.toString() : undefined;
  return (mapped ?? bare).toLowerCase().replace(/\.$/, "");
}
