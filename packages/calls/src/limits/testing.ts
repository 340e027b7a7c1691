/** What the tests of this folder share: servers with limits, as the catalog holds them. */
import { createId, parseSlug } from "@castellan/kernel";
import type { CatalogServer } from "../catalog/catalog.ts";
import type { Capability } from "../catalog/scope.ts";
import type { Server, ServerState } from "../servers/server.ts";
import type { ServerLimits } from "../servers/server-limits.ts";

const state: ServerState = {
  status: "ready",
  attemptedAt: new Date(0),
  syncedAt: new Date(0),
  latencyMs: 1,
  error: undefined,
  skipped: [],
  modern: { helloText: "{}" },
  legacy: undefined,
};

export function serverWith(limits: ServerLimits, more: Partial<Server> = {}): CatalogServer {
  const server: Server = {
    id: createId("server"),
    slug: parseSlug("crm", "slug"),
    title: "CRM",
    description: "",
    url: "https://crm.example/mcp",
    transport: "auto",
    headerNames: [],
    headerRefs: {},
    allowPrivate: [],
    clientFeatures: [],
    uiHosts: [],
    autoAccept: [],
    limits,
    syncIntervalSeconds: undefined,
    managedBy: undefined,
    revision: 1,
    version: 1,
    createdAt: new Date(0),
    updatedAt: new Date(0),
    ...more,
  };
  return { server, state, definitions: [], definitionsFingerprint: "", headers: {} };
}

export function toolOf(server: CatalogServer, name: string): Capability {
  return { kind: "tool", server, name, publicName: `crm_${name}`, upstreamEra: "modern", paramHeaders: [] };
}
