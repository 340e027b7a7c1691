/** The host name at which a portal is `/mcp`, spelt as a browser spells it in `Host`. */
import { kernelFaults } from "@castellan/kernel";

export const hostnameRule =
  "a host name, with a port if it is not the default one: mcp.example.com, localhost:8080";

const maxLength = 253;
const namePattern = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** What makes something else than a host of a text in the place of one in a URL. */
const notOfAHost = /[/\\?#@%\s]/;

/**
 * Lower case, Unicode as Punycode (UTS #46, as URLs have it), default ports left out; undefined for what is no
 * host name. Addresses are none: whoever binds a name to one could answer in its place.
 */
export function toHostname(value: string): string | undefined {
  if (notOfAHost.test(value) || !URL.canParse(`https://${value}`)) return undefined;
  const { hostname, port } = new URL(`https://${value}`);
  if (hostname.length > maxLength || !namePattern.test(hostname)) return undefined;
  // A last label of digits is read as part of an IPv4 address (WHATWG URL, "ends in a number").
  if (/(?:^|\.)\d+$/.test(hostname)) return undefined;
  // 443 is left out already; with http the default port is never said either.
  return port === "" || port === "80" ? hostname : `${hostname}:${port}`;
}

/** Throws `invalid_input` naming `field`. */
export function parseHostname(value: string, field: string): string {
  const hostname = toHostname(value);
  if (hostname !== undefined) return hostname;
  throw kernelFaults.fault("invalid_input", `${field} must be ${hostnameRule}`, { field });
}
