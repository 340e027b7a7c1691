/** What the tests of the portal's tools share. */
import {
  createScope,
  type CatalogServer,
  type Definition,
  type Scope,
  type ServerState,
} from "@castellan/calls";
import { testServer } from "@castellan/calls/testing";
import { createId, systemClock, type Slug } from "@castellan/kernel";
import type { Era } from "@castellan/mcp";
import type { Portal } from "../portals/portal.ts";
import type { PortalToolContext } from "./portal-tool.ts";

export function exampleDefinition(slug: string, more: Partial<Definition> & { name: string }): Definition {
  return {
    kind: "tool",
    publicName: `${slug}_${more.name}`,
    text: JSON.stringify({ name: more.name, inputSchema: { type: "object" } }),
    fingerprint: `sha256:${more.name}`,
    review: "approved",
    class: "read",
    decidedAt: new Date(0),
    awaitsPerson: false,
    ...more,
  };
}

export function exampleServer(
  slug: string,
  {
    title = slug,
    definitions = [],
    state = {},
  }: {
    title?: string;
    definitions?: readonly Definition[];
    state?: Partial<ServerState>;
  } = {},
): CatalogServer {
  return testServer(slug, {
    server: { title, url: "http://10.1.2.3/mcp" },
    state: { attemptedAt: undefined, syncedAt: undefined, latencyMs: undefined, modern: undefined, ...state },
    definitions,
  });
}

export function examplePortal(servers: readonly CatalogServer[], more: Partial<Portal> = {}): Portal {
  return {
    id: createId("portal"),
    slug: "work" as Slug,
    title: "Work",
    naming: "prefixed",
    instructions: "",
    hostname: undefined,
    autoAccept: [],
    isListed: false,
    isReadOnly: false,
    codeMode: "allowed",
    directory: "workforce",
    access: [],
    publicLimits: { requestsPerMinute: 1_200, requestsPerMinutePerAddress: 120 },
    trustedIssuers: [],
    servers: servers.map(({ server }) => server.slug),
    serverIds: servers.map(({ server }) => server.id),
    curations: new Map(),
    managedBy: undefined,
    version: 1,
    createdAt: new Date(0),
    updatedAt: new Date(0),
    ...more,
  };
}

export function exampleScope(servers: readonly CatalogServer[], era: Era = "legacy"): Scope {
  return createScope({ era, servers, naming: "prefixed" });
}

export function exampleContext(
  servers: readonly CatalogServer[],
  more: Partial<PortalToolContext> = {},
): PortalToolContext {
  const seen = { portal: examplePortal(servers), servers, scope: exampleScope(servers), ...more };
  return {
    ...seen,
    withSwitchedOff: seen,
    person: undefined,
    isNarrowed: false,
    isOwnTool: (name) => name.startsWith("portal_"),
    isCircuitOpen: () => false,
    clock: systemClock,
    signal: new AbortController().signal,
    ...more,
  };
}
