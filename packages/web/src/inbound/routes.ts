/** A request that no route took: 404, or 405 with the methods that the path does have (RFC 9110 §15.5.6). */
import type { Fault } from "@castellan/kernel";
import type { Hono } from "hono";
import { webFaults } from "../faults.ts";

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

export interface UnknownRoute {
  /** `route_unknown` or `method_not_allowed`. */
  readonly fault: Fault;
  readonly headers: Readonly<Record<string, string>>;
}

export function unknownRoute(app: Hono, method: string, path: string): UnknownRoute {
  const allowed = methods.filter((name) => hasRoute(app, name, path));
  if (allowed.length === 0)
    return { fault: webFaults.fault("route_unknown", "There is nothing at this path"), headers: {} };
  // Hono answers HEAD wherever there is a GET.
  const allow = allowed.flatMap((name) => (name === "GET" ? ["GET", "HEAD"] : [name]));
  return {
    fault: webFaults.fault("method_not_allowed", `${method} is not possible at this path`),
    headers: { Allow: allow.join(", ") },
  };
}

/** Middleware is registered for all methods, a route for one. */
function hasRoute(app: Hono, method: string, path: string): boolean {
  const [matches] = app.router.match(method, path);
  return matches.some(([[, route]]) => route.method === method);
}

/** Whether a path is one of these, or below one. */
export function isBelow(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => path === root || path.startsWith(`${root}/`));
}
