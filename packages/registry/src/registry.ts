/**
 * This installation as an MCP registry, an application to be mounted at `/v0.1` (OpenAPI document of
 * 2025-12-01): for clients that are set to find their servers here, and for policies that allow no others.
 * With a token it tells of the portals that the token was given, without one of those that are listed.
 */
import { parseBearer, type Principal } from "@castellan/access";
import type { CallPolicy } from "@castellan/calls";
import { Fault, isFault, type Clock } from "@castellan/kernel";
import type { Connection } from "@castellan/policy";
import type { OpenPortal } from "@castellan/portal";
import { requestHeader } from "@castellan/web";
import { Hono, type Context } from "hono";
import { listEntries, type Entry } from "./entry.ts";
import { registryFaults } from "./faults.ts";
import { isVersion, isWanted, parseListQuery, toCursor } from "./list-query.ts";
import { toServerResponse } from "./server-response.ts";
import { visiblePortals, type TokenHolder } from "./visible-portals.ts";

export interface RegistryPorts {
  /** Whose token this is. Throws `token_invalid`, `token_expired`, `replica_stale`, `token_check_unavailable`. */
  readonly authenticate: (bearer: string) => Promise<Principal>;
  readonly policy: CallPolicy;
  /** How a request reached us: through trusted proxies only. */
  readonly connectionOf: (c: Context) => Connection;
  readonly clock: Pick<Clock, "now">;
  /** The portals that are served at this moment. */
  readonly portals: () => Iterable<OpenPortal>;
  /** Where clients reach Castellan: `https://mcp.example.com`. */
  readonly publicUrl: string;
  /** In front of every name: `com.example.mcp`. See `toNamespace`. */
  readonly namespace: string;
}

export function createRegistry(ports: RegistryPorts): Hono {
  const { namespace, publicUrl } = ports;

  async function entriesFor(c: Context): Promise<readonly Entry[]> {
    const header = requestHeader(c, "authorization");
    const holder = header === undefined ? undefined : await holderOf(c, parseBearer(header));
    return listEntries(await visiblePortals(ports.portals(), holder), namespace);
  }

  async function holderOf(c: Context, bearer: string): Promise<TokenHolder> {
    const { authenticate, policy, connectionOf, clock } = ports;
    const principal = await authenticate(bearer);
    const connection = connectionOf(c);
    return {
      principal,
      judgeAt: (portal) => policy.judge(principal, connection, portal),
      nowMs: clock.now(),
    };
  }

  const tell = (entries: readonly Entry[], nextCursor?: string) => ({
    servers: entries.map((entry) => toServerResponse(entry, publicUrl)),
    metadata: { count: entries.length, ...(nextCursor !== undefined && { nextCursor }) },
  });

  const registry = new Hono();
  registry.get(
    "/servers",
    inItsWords(async (c) => {
      const entries = await entriesFor(c);
      const { limit, after, filter } = parseListQuery(c);
      const rest = entries.filter(
        (entry) => (after === undefined || entry.name > after) && isWanted(entry, filter),
      );
      const page = rest.slice(0, limit);
      const last = rest.length > limit ? page.at(-1) : undefined;
      return c.json(tell(page, last && toCursor(last.name, filter)));
    }),
  );
  registry.get(
    "/servers/:rest{.+}",
    inItsWords(async (c) => {
      const entries = await entriesFor(c);
      const { name, version } = parseVersionPath(c.req.param("rest") ?? "");
      const entry = entries.find((one) => one.name === name);
      if (!entry || (version !== undefined && !isVersion(entry, version))) throw unknown();
      return c.json(version === undefined ? tell([entry]) : toServerResponse(entry, publicUrl));
    }),
  );
  return registry;
}

/**
 * `{serverName}/versions` or `{serverName}/versions/{version}`, decoded. The slash of a name comes encoded as
 * clients send it, or plain as some proxies hand it on: there is one in each name, and none in a version.
 */
function parseVersionPath(path: string): { name: string; version: string | undefined } {
  const [, name, version] = /^([^/]+\/[^/]+)\/versions(?:\/([^/]+))?$/.exec(path) ?? [];
  if (name === undefined) throw unknown();
  return { name, version };
}

function unknown(): Error {
  return registryFaults.fault("registry_server_unknown", "Server not found");
}

/** What fails is told to the clients of registries, too: `{"error": "Server not found"}`. */
function inItsWords(handle: (c: Context) => Promise<Response>): (c: Context) => Promise<Response> {
  return async (c) => {
    try {
      return await handle(c);
    } catch (error) {
      if (!isFault(error)) throw error;
      const { code, owner, status, retryable, message, field, data, cause } = error;
      throw new Fault(code, { owner, status, retryable, help: "" }, message, {
        ...(field !== undefined && { field }),
        data: { ...data, error: message },
        cause,
      });
    }
  };
}
