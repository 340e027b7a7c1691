/** What the tests of this folder share: servers with limits, as the catalog holds them. */
import type { CatalogServer } from "../catalog/catalog.ts";
import type { Capability } from "../catalog/scope.ts";
import type { Server } from "../servers/server.ts";
import type { ServerLimits } from "../servers/server-limits.ts";
import { testServer } from "../testing.ts";

export function serverWith(limits: ServerLimits, more: Partial<Server> = {}): CatalogServer {
  return testServer("crm", { server: { title: "CRM", limits, ...more }, state: { legacy: undefined } });
}

export function toolOf(server: CatalogServer, name: string): Capability {
  return {
    kind: "tool",
    server,
    name,
    publicName: `crm_${name}`,
    class: "read",
    upstreamEra: "modern",
    paramHeaders: [],
  };
}
