/** Which destinations are reached without the proxy: the de-facto meaning of NO_PROXY. */
import { isWithin, parseAddress, parseCidr, type Cidr } from "../cidr.ts";
import { plainHostname, type Destination } from "./policy.ts";

/**
 * Reads `*`, `host` (with its subdomains), `.domain` and `*.domain` (subdomains only for the latter),
 * each with an optional `:port`, addresses and CIDRs; separated by commas or spaces.
 */
export function parseNoProxy(text: string): (destination: Destination) => boolean {
  const entries = text.split(/[,\s]+/).filter((entry) => entry !== "");
  const cidrs = entries.flatMap((entry): Cidr[] => {
    const cidr = parseCidr(entry);
    return cidr === undefined ? [] : [cidr];
  });
  const names = entries.filter((entry) => parseCidr(entry) === undefined).map(parseName);
  return (destination) => {
    const address = parseAddress(destination.hostname);
    if (address !== undefined && isWithin(address, cidrs)) return true;
    return names.some((matches) => matches(destination));
  };
}

function parseName(entry: string): (destination: Destination) => boolean {
  const [, name = "", port] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  const isAnyPort = port === undefined;
  const suffix = plainHostname(name.replace(/^\*?\./, ""));
  const isSubdomainsOnly = name.startsWith("*.");
  return (destination) => {
    if (!isAnyPort && Number(port) !== destination.port) return false;
    if (name === "*") return true;
    if (destination.hostname.endsWith(`.${suffix}`)) return true;
    return !isSubdomainsOnly && destination.hostname === suffix;
  };
}
