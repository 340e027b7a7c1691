/** URLs that are to be called, from text that somebody else wrote. */
import { webFaults } from "../faults.ts";
import { plainHostname, type Destination, type OutboundRules } from "./policy.ts";

/**
 * Parses the URL (WHATWG, which also settles hosts like `0x7f.1` or `2130706433`) and refuses what
 * the rules can refuse without asking a resolver.
 *
 * @throws outbound_refused naming `field`
 */
export function checkUrl(text: string, rules: OutboundRules, field: string): URL {
  const refuse = (reason: string) => webFaults.fault("outbound_refused", `${field}: ${reason}`, { field });
  const url = URL.parse(text);
  if (url === null) throw refuse("this is not a URL");
  if (url.protocol !== "https:" && url.protocol !== "http:") throw refuse("the scheme must be https");
  if (url.username !== "" || url.password !== "")
    throw refuse("a URL must not hold a user name or password; they belong into a header or a secret");
  const reason = rules.judgeDestination(toDestination(url));
  if (reason !== undefined) throw refuse(`${url.host} ${reason}`);
  return url;
}

export function toDestination(url: URL): Destination {
  const isHttp = url.protocol === "http:";
  const port = url.port === "" ? (isHttp ? 80 : 443) : Number(url.port);
  return { isHttp, hostname: plainHostname(url.hostname), port };
}
