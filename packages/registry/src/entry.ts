/** What the registry names to a caller: each server that the caller's portals offer something of, and each portal. */
import type { CatalogServer } from "@castellan/calls";
import type { OpenPortal } from "@castellan/portal";
import { addCounts, countOffers, offersAnything, type Counts } from "./offers.ts";

/** A portal through which an entry is reached, and what is on offer there. */
export interface EntryPortal {
  readonly slug: string;
  readonly counts: Counts;
}

export interface Entry {
  readonly kind: "server" | "portal";
  /** `com.example.mcp/weather`, `com.example.mcp/portal.main` */
  readonly name: string;
  /** Of the server or the portal. */
  readonly slug: string;
  readonly title: string;
  readonly description: string;
  /** The one version that there is: grows with each change of the resource. */
  readonly version: string;
  /** When this version came to be. */
  readonly publishedAt: Date;
  /** When what is told here last changed. */
  readonly updatedAt: Date;
  /** By slug; never empty. */
  readonly portals: readonly EntryPortal[];
}

/** The entries that these portals make, by name. */
export function listEntries(portals: readonly OpenPortal[], namespace: string): readonly Entry[] {
  const servers = [...groupByServer(portals).values()].map((places) => serverEntry(places, namespace));
  return [...portals.map((open) => portalEntry(open, namespace)), ...servers].toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  );
}

interface Place {
  readonly open: OpenPortal;
  readonly server: CatalogServer;
  readonly counts: Counts;
}

/** What is not offered anywhere is left out: there would be nothing to connect to. */
function groupByServer(portals: readonly OpenPortal[]): ReadonlyMap<string, [Place, ...Place[]]> {
  const groups = new Map<string, [Place, ...Place[]]>();
  for (const open of portals)
    for (const server of open.servers) {
      const place = { open, server, counts: countOffers(open, server) };
      if (!offersAnything(place.counts)) continue;
      const group = groups.get(server.server.id);
      if (group) group.push(place);
      else groups.set(server.server.id, [place]);
    }
  return groups;
}

function serverEntry(places: readonly [Place, ...Place[]], namespace: string): Entry {
  const { server } = places[0].server;
  const { slug, title, version, updatedAt } = server;
  const portalChanges = places.map(({ open }) => open.portal.updatedAt);
  return {
    kind: "server",
    name: `${namespace}/${slug}`,
    slug,
    title,
    description: server.description || `${title}, an MCP server`,
    version: toVersion(version),
    publishedAt: updatedAt,
    updatedAt: latest(lastDecision(places[0].server), [updatedAt, ...portalChanges]),
    portals: places.map(({ open, counts }) => ({ slug: open.portal.slug, counts })),
  };
}

function portalEntry(open: OpenPortal, namespace: string): Entry {
  const { slug, title, version, updatedAt } = open.portal;
  const counts = addCounts(open.servers.map((server) => countOffers(open, server)));
  return {
    kind: "portal",
    // No server has this name: there is no dot in a slug.
    name: `${namespace}/portal.${slug}`,
    slug,
    title,
    description: `${title}: many MCP servers at one address`,
    version: toVersion(version),
    publishedAt: updatedAt,
    updatedAt: latest(updatedAt, open.servers.map(lastDecision)),
    portals: [{ slug, counts }],
  };
}

/** An entry of the catalog is replaced when it changes, so what was found in it stays true. */
const lastDecisions = new WeakMap<CatalogServer, Date>();

/** When a definition was last decided on: that changes what is offered, and is no change of the server. */
function lastDecision(server: CatalogServer): Date {
  const known = lastDecisions.get(server);
  if (known) return known;
  const dates = server.definitions.flatMap(({ decidedAt }) => (decidedAt ? [decidedAt] : []));
  const last = latest(new Date(0), dates);
  lastDecisions.set(server, last);
  return last;
}

function toVersion(version: number): string {
  return `1.0.${version}`;
}

function latest(first: Date, others: readonly Date[]): Date {
  return others.reduce((a, b) => (a > b ? a : b), first);
}
