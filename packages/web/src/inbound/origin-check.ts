/**
 * Requests from web pages: any Origin header must be one that is allowed (MCP 2026-07-28, transports:
 * servers MUST validate Origin, 403), and an allowed one gets the CORS headers that an MCP client in a
 * browser needs (Fetch §3.2). Credentials are never allowed: such a client sends a bearer token.
 *
 * What lies at an open path may be called from pages of any origin by the methods that it names: such an answer is
 * the same for whoever asks, or for the holder of what was sent along on purpose (a token, a client's secret). No
 * cookie counts there.
 */
import { webFaults } from "../faults.ts";
import type { Exchange, Stage } from "./exchange.ts";
import type { Names } from "./names.ts";
import { isBelow } from "./routes.ts";

/** Request headers that a page may send. Beside them any `Mcp-Param-*` (MCP 2026-07-28, SEP-2243). */
export const corsRequestHeaders = [
  "Accept",
  "Authorization",
  "Content-Type",
  "Last-Event-ID",
  "MCP-Protocol-Version",
  "Mcp-Method",
  "Mcp-Name",
  "Mcp-Session-Id",
  "X-Request-Id",
  "baggage",
  "traceparent",
  "tracestate",
] as const;

/** Answer headers that a page may read. */
export const corsExposedHeaders = [
  "Mcp-Session-Id",
  "MCP-Protocol-Version",
  "WWW-Authenticate",
  "X-Request-Id",
  "Retry-After",
] as const;

const methods = "GET, POST, DELETE, OPTIONS";
const requestHeaders = corsRequestHeaders.join(", ");
const exposedHeaders = corsExposedHeaders.join(", ");
const maxAgeSeconds = 86_400;

/** What pages of any origin may call. */
export interface OpenPath {
  /** With all that is below it: `/v0.1`. */
  readonly path: string;
  /** `GET` for HEAD as well. */
  readonly methods: readonly ("GET" | "POST")[];
}

/** Stage: refuses with `origin_not_allowed`, answers preflights, marks the rest as readable. */
export function checkOrigin(names: Names, openPaths: readonly OpenPath[] = []): Stage {
  return (exchange) => {
    const origin = exchange.header("origin");
    const open = openPaths.length === 0 ? undefined : findOpen(exchange, openPaths);
    if (open !== undefined) {
      // Without an Origin, too: a cache must not keep an answer that pages cannot read.
      exchange.setHeader("Access-Control-Allow-Origin", "*");
      if (isPreflight(exchange)) return preflight(exchange, [...open.methods, "OPTIONS"].join(", "));
      exchange.setHeader("Access-Control-Expose-Headers", exposedHeaders);
      return undefined;
    }
    if (origin === undefined) return undefined;
    if (!names.isOrigin(origin)) {
      throw webFaults.fault(
        "origin_not_allowed",
        `Origin ${JSON.stringify(origin.slice(0, 255))} is not allowed`,
      );
    }
    exchange.setHeader("Access-Control-Allow-Origin", origin);
    exchange.setHeader("Vary", "Origin");
    if (isPreflight(exchange)) return preflight(exchange, methods);
    exchange.setHeader("Access-Control-Expose-Headers", exposedHeaders);
    return undefined;
  };
}

/** The open path that a request is at, if it may be called by its method (a preflight: by the one that it asks for). */
function findOpen(exchange: Exchange, openPaths: readonly OpenPath[]): OpenPath | undefined {
  const { method, path } = exchange.context.req;
  const asked = isPreflight(exchange) ? exchange.header("access-control-request-method") : method;
  const wanted = asked === "HEAD" ? "GET" : asked;
  return openPaths.find((open) => open.methods.some((one) => one === wanted) && isBelow(path, [open.path]));
}

function isPreflight(exchange: Exchange): boolean {
  return (
    exchange.context.req.method === "OPTIONS" &&
    exchange.header("access-control-request-method") !== undefined
  );
}

function preflight(exchange: Exchange, allowedMethods: string): Response {
  // A list cannot hold a wildcard prefix, so the Mcp-Param headers that were asked for are named.
  const asked = (exchange.header("access-control-request-headers") ?? "")
    .split(",")
    .map((name) => name.trim());
  const parameters = asked.filter((name) => /^mcp-param-[\w!#$%&'*+.^`|~-]+$/i.test(name));
  return new Response(null, {
    status: 204,
    headers: {
      "Access-Control-Allow-Methods": allowedMethods,
      "Access-Control-Allow-Headers": [requestHeaders, ...parameters].join(", "),
      "Access-Control-Max-Age": String(maxAgeSeconds),
    },
  });
}
