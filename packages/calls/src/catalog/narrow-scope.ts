/**
 * A part of what a portal offers: some of its servers. Everything in it keeps the name that it has in the whole, and
 * what is withheld there is withheld here: a caller that looks at less must not see more.
 */
import type { CapabilityKind } from "@castellan/mcp";
import type { CatalogServer } from "./catalog.ts";
import type { Scope, ScopeEntry } from "./scope.ts";

export function narrowScope(whole: Scope, serverIds: ReadonlySet<string>): Scope {
  const isInside = ({ server }: { readonly server: CatalogServer }) => serverIds.has(server.server.id);
  const servers = whole.servers.filter((server) => isInside({ server }));
  const known = new Map<CapabilityKind, readonly ScopeEntry[]>();
  const entries = (kind: CapabilityKind) => {
    const inside = known.get(kind) ?? whole.entries(kind).filter(isInside);
    known.set(kind, inside);
    return inside;
  };
  return {
    era: whole.era,
    servers,
    entries,
    list: (kind) => entries(kind).map(({ text }) => text),
    withheld: (kind) => whole.withheld(kind).filter(isInside),
    find(kind, publicName) {
      const found = whole.find(kind, publicName);
      return found && isInside(found) ? found : undefined;
    },
    instructions: (server) => (isInside({ server }) ? whole.instructions(server) : undefined),
    publicUri: (server, uri) => whole.publicUri(server, uri),
    movesUris: (server) => whole.movesUris(server),
  };
}
