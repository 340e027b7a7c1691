/**
 * Pages stand at one address. Castellan answers for other hosts too (a portal's own, the other names of loopback):
 * whoever opens a page there is sent to where cookies and passkeys are, and no form is taken there.
 */
import type { MiddlewareHandler } from "hono";
import { webFaults } from "../faults.ts";
import { requestHeader } from "../inbound/environment.ts";

export function atOwnAddress(publicUrl: string): MiddlewareHandler {
  const own = new URL(publicUrl);
  return async (c, next) => {
    const { pathname, search, host: urlHost } = new URL(c.req.url);
    const host = requestHeader(c, "host") ?? urlHost;
    if (URL.parse(`${own.protocol}//${host}`)?.host === own.host) return next();
    if (c.req.method !== "GET" && c.req.method !== "HEAD")
      throw webFaults.fault("host_not_allowed", "Open this page at the address of Castellan itself.");
    return c.redirect(`${own.origin}${pathname}${search}`, 302);
  };
}
