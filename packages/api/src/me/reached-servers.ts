import { reachOf, type Principal } from "@castellan/access";
import type { CatalogServer } from "@castellan/calls";
import type { ApiPorts } from "../ports.ts";

/** Servers at which the caller may do something through some portal, each once, by slug. */
export function reachedServers(
  principal: Principal,
  { openPortals, catalog }: Pick<ApiPorts, "openPortals" | "catalog">,
): readonly CatalogServer[] {
  const slugs = [...openPortals()].flatMap(({ portal }) => {
    const { rights } = reachOf(principal, portal);
    return portal.servers.filter((slug) => rights.classesAt(slug).length > 0);
  });
  return [...new Set(slugs)].toSorted().flatMap((slug) => catalog.find(slug) ?? []);
}
