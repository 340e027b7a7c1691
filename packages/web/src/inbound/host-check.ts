/**
 * Answers only for hosts that are this server's. A page that rebinds its own name to our address
 * arrives with its own name in Host, and goes no further (the DNS rebinding guard of MCP's transport).
 */
import { webFaults } from "../faults.ts";
import { serverBindings } from "./environment.ts";
import type { Exchange, Stage } from "./exchange.ts";
import type { Names } from "./names.ts";

/** Stage: refuses with `host_not_allowed` (421, RFC 9110 §15.5.20). */
export function checkHost(names: Names): Stage {
  return (exchange) => {
    const host = hostOf(exchange);
    const known = names.hostOf(host);
    if (known?.kind === "own") exchange.ownHost = known.host;
    if (known) return undefined;
    throw webFaults.fault(
      "host_not_allowed",
      `This server does not answer for host ${JSON.stringify(host.slice(0, 255))}`,
    );
  };
}

function hostOf(exchange: Exchange): string {
  const incoming = serverBindings(exchange.context)?.incoming;
  if (incoming === undefined)
    return exchange.header("host") ?? URL.parse(exchange.context.req.url)?.host ?? "";
  if (countHosts(incoming.rawHeaders) > 1)
    throw webFaults.fault("request_malformed", "More than one Host header");
  // A target in absolute form overrides Host (RFC 9112 §3.2.2), and routes see its URL.
  const target = incoming.url ?? "";
  return target.startsWith("/") ? (incoming.headers.host ?? "") : (URL.parse(target)?.host ?? "");
}

/** Node keeps the first of several Host headers, others keep the last: RFC 9112 §3.2 refuses them. */
function countHosts(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (name?.length === 4 && name.toLowerCase() === "host") count += 1;
  }
  return count;
}
