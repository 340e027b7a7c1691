/**
 * What every answer says unless its route says otherwise. Answers are one caller's own, so nothing
 * is stored (RFC 9111 §5.2.2.5); static files set their own `Cache-Control`, and pages a fuller policy.
 */
import type { Stage } from "./exchange.ts";

export const securityHeaders = Object.freeze({
  "X-Content-Type-Options": "nosniff",
  "Cache-Control": "no-store",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Referrer-Policy": "no-referrer",
});

const entries = Object.entries(securityHeaders);

/** Stage: the headers above. */
export const setSecurityHeaders: Stage = (exchange) => {
  for (const [name, value] of entries) exchange.setHeader(name, value);
  return undefined;
};
