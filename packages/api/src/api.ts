/**
 * The HTTP API as an application to be mounted at `/api/v1`: every operation of the table, each
 * behind the same four steps: who is it, may they, what did they send, the answer.
 */
import { parseBearer, type Principal } from "@castellan/access";
import { clientGone, drainSignal, requestHeader } from "@castellan/web";
import { Hono, type Context } from "hono";
import { readJson } from "./body.ts";
import { apiFaults } from "./faults.ts";
import { invalidInput } from "./input.ts";
import type { ApiPorts } from "./ports.ts";
import type { Route, RouteRequest } from "./route.ts";
import { routes } from "./routes.ts";

export function createApi(ports: ApiPorts): Hono {
  const api = new Hono();
  for (const route of routes)
    api.on(route.method, route.path.replaceAll(/\{(\w+)\}/g, ":$1"), (c) => serve(route, c, ports));
  return api;
}

async function serve(route: Route, c: Context, ports: ApiPorts): Promise<Response> {
  const principal = await ports.authenticate(parseBearer(requestHeader(c, "authorization")));
  // Before anything of the request is read: what a caller may not do is not discussed with them.
  assertRole(principal, route);
  const answer = await route.run(await readRequest(route, c, principal), ports);
  if (route.answer === undefined) return c.body(null, 204);
  return Response.json(answer, { status: route.status ?? 200 });
}

function assertRole(principal: Principal, { role, method, path }: Route): void {
  if (principal.role === role) return;
  throw apiFaults.fault("admin_required", `${method} ${path} needs a token with the role ${role}`);
}

async function readRequest(
  route: Route,
  c: Context,
  principal: Principal,
): Promise<RouteRequest<unknown, unknown, unknown>> {
  return {
    principal,
    params: c.req.param(),
    query: readQuery(c),
    body: route.body === undefined ? undefined : await readJson(c),
    get clientGone() {
      return clientGone(c);
    },
    get draining() {
      return drainSignal(c);
    },
  };
}

/** A parameter given twice would be read differently by different readers. */
function readQuery(c: Context): Record<string, string | undefined> {
  const all = Object.entries(c.req.queries());
  const repeated = all.filter(([, values]) => values.length > 1);
  if (repeated.length > 0)
    throw invalidInput(repeated.map(([field]) => ({ field: field.slice(0, 64), reason: "is given twice" })));
  return Object.fromEntries(all.map(([name, [value]]) => [name, value]));
}
