/**
 * What stands behind a Hono context: a socket, or (in tests and in-process calls) nothing.
 *
 * The hot path reads Node's own request, since building a web `Request`, `Headers` or `URL`
 * costs more than everything else that is done to a request here.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Context } from "hono";

/** What `startHttpServer` puts into `c.env`. */
export interface ServerBindings {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  /** Aborts when the server begins to drain. */
  readonly draining: AbortSignal;
}

/** The bindings of a request that came over a socket; none for `app.request()`. */
export function serverBindings(c: Context): ServerBindings | undefined {
  const env = c.env as ServerBindings | undefined;
  return env?.incoming === undefined ? undefined : env;
}

/** One request header. Repeated ones arrive joined, as in `Headers.get`. `name` in lower case. */
export function requestHeader(c: Context, name: string): string | undefined {
  const incoming = serverBindings(c)?.incoming;
  if (incoming === undefined) return c.req.raw.headers.get(name) ?? undefined;
  const value = incoming.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

/** All request headers, names in lower case; repeated ones joined. */
export function requestHeaders(c: Context): [name: string, value: string][] {
  const incoming = serverBindings(c)?.incoming;
  if (incoming === undefined) return [...c.req.raw.headers];
  return Object.entries(incoming.headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]],
  );
}
