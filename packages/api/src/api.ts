/**
 * The HTTP API as an application to be mounted at `/api/v1`: its document, and every operation of the table, each
 * behind the same steps: who is it, may they, what did they send, was it done already, the answer.
 */
import { accessFaults, isPermitted, parseBearer, roles, type Principal } from "@castellan/access";
import { clientGone, drainSignal, requestHeader } from "@castellan/web";
import { Hono, type Context } from "hono";
import { readJson } from "./body.ts";
import { parseIfMatch, toEtag } from "./etag.ts";
import { createIdempotency, type Answer, type Idempotency } from "./idempotency/idempotency.ts";
import { parseIdempotencyKey } from "./idempotency/key.ts";
import { invalidInput } from "@castellan/kernel";
import { serveDocument } from "./openapi/serve.ts";
import type { ApiPorts } from "./ports.ts";
import { isBodyOptional, type Route, type RouteRequest } from "./route.ts";
import { routes } from "./routes.ts";

export function createApi(ports: ApiPorts): Hono {
  const api = new Hono();
  const idempotency = createIdempotency(ports);
  serveDocument(api, routes, ports.version);
  for (const route of routes)
    api.on(route.method, route.path.replaceAll(/\{(\w+)\}/g, ":$1"), (c) =>
      serve(route, c, ports, idempotency),
    );
  return api;
}

async function serve(route: Route, c: Context, ports: ApiPorts, idempotency: Idempotency): Promise<Response> {
  const principal = await ports.authenticate(parseBearer(requestHeader(c, "authorization")));
  // Before anything of the request is read: what a caller may not do is not discussed with them.
  assertPermitted(principal, route);
  const request = await readRequest(route, c, { principal, connectionOf: ports.connectionOf });
  const run = async () => toAnswer(route, await route.run(request, ports));
  const key = parseIdempotencyKey(requestHeader(c, "idempotency-key"));
  // Elsewhere twice is once anyway, and clients may send a key with everything.
  if (key === undefined || route.takesIdempotencyKey !== true) return toResponse(await run());
  const asked = JSON.stringify([route.id, request.params, request.query, request.body]);
  const { answer, isReplay } = await idempotency.once({ principal: principal.id, key, request: asked }, run);
  return toResponse(answer, isReplay ? { "idempotent-replayed": "true" } : {});
}

function toAnswer({ answer, status, isVersioned }: Route, value: unknown): Answer {
  if (answer === undefined) return { status: 204 };
  return {
    status: status ?? 200,
    body: JSON.stringify(value),
    // The version of the one resource that is answered (RFC 9110 §8.8.3).
    ...(isVersioned === true && { etag: toEtag((value as { version: number }).version) }),
  };
}

function toResponse({ status, body, etag }: Answer, headers: Record<string, string> = {}): Response {
  return new Response(body ?? null, {
    status,
    headers: {
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(etag !== undefined && { etag }),
      ...headers,
    },
  });
}

function assertPermitted(principal: Principal, { permission, method, path }: Route): void {
  if (isPermitted(principal.role, permission)) return;
  const fit = roles.filter((role) => isPermitted(role, permission));
  throw accessFaults.fault("permission_required", `${method} ${path} needs the role ${fit.join(" or ")}`);
}

async function readRequest(
  route: Route,
  c: Context,
  { principal, connectionOf }: Pick<ApiPorts, "connectionOf"> & { readonly principal: Principal },
): Promise<RouteRequest<unknown, unknown, unknown>> {
  return {
    principal,
    get connection() {
      return connectionOf(c);
    },
    ifMatch: parseIfMatch(requestHeader(c, "if-match")),
    params: c.req.param(),
    query: readQuery(c),
    body: await readRouteBody(route, c),
    get clientGone() {
      return clientGone(c);
    },
    get draining() {
      return drainSignal(c);
    },
  };
}

async function readRouteBody(route: Route, c: Context): Promise<unknown> {
  if (route.body === undefined) return undefined;
  return readJson(c, { isOptional: isBodyOptional(route), maxBytes: route.maxBodyBytes });
}

/** A parameter given twice would be read differently by different readers. */
function readQuery(c: Context): Record<string, string | undefined> {
  const all = Object.entries(c.req.queries());
  const repeated = all.filter(([, values]) => values.length > 1);
  if (repeated.length > 0)
    throw invalidInput(repeated.map(([field]) => ({ field: field.slice(0, 64), reason: "is given twice" })));
  return Object.fromEntries(all.map(([name, [value]]) => [name, value]));
}
