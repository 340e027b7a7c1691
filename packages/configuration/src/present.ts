/** The installation as it is, read at once: a handful of statements, however many resources there are. */
import {
  readServerDecisions,
  readHeaders,
  type DefinitionReviews,
  type Server,
  type ServerStore,
  type ServerDecisions,
} from "@castellan/calls";
import type { Queryable } from "@castellan/database";
import type { Portal, PortalStore } from "@castellan/portal";
import type { Vault } from "@castellan/vault";

/** The stores of resources, all of them on one database, or within one transaction. */
export interface ConfigurationStores {
  readonly servers: ServerStore;
  readonly portals: PortalStore;
  readonly reviews: DefinitionReviews;
}

export interface PresentServer extends ServerDecisions {
  readonly server: Server;
  /** Unsealed; undefined when they cannot be opened, or were not asked for. */
  readonly headers: Readonly<Record<string, string>> | undefined;
}

/** By slug, in the order of slugs. */
export interface Present {
  readonly servers: ReadonlyMap<string, PresentServer>;
  readonly portals: ReadonlyMap<string, Portal>;
}

export interface ReadPresentOptions {
  readonly database: Queryable;
  readonly vault: Vault;
  readonly stores: Pick<ConfigurationStores, "servers" | "portals">;
  /** Slugs of servers whose headers are wanted. */
  readonly withHeaders: ReadonlySet<string>;
}

export async function readPresent(options: ReadPresentOptions): Promise<Present> {
  const { database, vault, stores, withHeaders } = options;
  const servers = (await stores.servers.list()).map(({ server }) => server);
  const portals = await stores.portals.list();
  const decisions = await readServerDecisions(database);
  const wanted = servers.filter(({ slug, headerNames }) => withHeaders.has(slug) && headerNames.length > 0);
  const headers = await readHeaders(
    database,
    vault,
    wanted.map(({ id }) => id),
  );
  return {
    servers: new Map(
      servers.map((server) => [
        server.slug,
        { server, ...(decisions.get(server.id) ?? nothing), headers: headers.get(server.id) },
      ]),
    ),
    portals: new Map(portals.map((portal) => [portal.slug, portal])),
  };
}

const nothing: ServerDecisions = { approvals: [], rejections: [] };
