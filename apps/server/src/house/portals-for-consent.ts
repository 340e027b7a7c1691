/** The portals, as those see them who sign in and let clients in. */
import { rightsByRules, toolClasses, type ToolClass } from "@castellan/access";
import type { Portals, PortalForConsent } from "@castellan/oauth";
import {
  apiResource,
  defaultPortalSlug,
  type Addresses,
  type OpenPortal,
  type PortalDirectory,
} from "@castellan/portal";

/** What was made of a portal at one moment serves until there is another. */
const made = new WeakMap<OpenPortal, PortalForConsent>();

export function portalsForConsent(directory: PortalDirectory, addresses: Addresses): Portals {
  const show = (open: OpenPortal): PortalForConsent => {
    const known = made.get(open) ?? toPortalForConsent(open, addresses.canonical(open.portal.slug));
    made.set(open, known);
    return known;
  };
  const find = (slug: string) => {
    const open = directory.find(slug);
    return open && show(open);
  };

  return {
    defaultSlug: defaultPortalSlug,
    find,
    findByResource(url) {
      const found = addresses.find(url);
      if (found === undefined) return undefined;
      return found === apiResource ? "api" : find(found);
    },
    usableBy: (user) =>
      [...directory.list()]
        .filter(({ portal }) => !rightsByRules(portal, { kind: "user", ...user }).isNone)
        .map(show)
        .toSorted((a, b) => (a.slug < b.slug ? -1 : 1)),
  };
}

function toPortalForConsent(open: OpenPortal, publicUrl: string): PortalForConsent {
  const { slug, title, directory, access, isReadOnly } = open.portal;
  const counts = new Map(open.servers.map(({ server }) => [server.id, noTools()]));
  const seen = new Set<string>();
  for (const era of ["modern", "legacy"] as const)
    for (const { server, name, class: toolClass } of open.scope(era).entries("tool")) {
      const id = server.server.id;
      const ofServer = counts.get(id);
      // A server that speaks both eras lists its tools in both.
      if (!ofServer || seen.has(`${id} ${name}`)) continue;
      seen.add(`${id} ${name}`);
      ofServer[toolClass] += 1;
    }
  return {
    slug,
    title,
    directory,
    access,
    isReadOnly,
    publicUrl,
    servers: open.servers.map(({ server }) => ({
      slug: server.slug,
      title: server.title,
      counts: counts.get(server.id) ?? noTools(),
    })),
  };
}

function noTools(): Record<ToolClass, number> {
  return Object.fromEntries(toolClasses.map((toolClass) => [toolClass, 0])) as Record<ToolClass, number>;
}
