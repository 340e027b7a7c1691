/**
 * A part of what a portal offers: some of its servers, or some classes of use at each. Everything in it keeps the name
 * that it has in the whole, and what is withheld there is withheld here: a caller that looks at less must not see more.
 */
import type { CapabilityKind } from "@castellan/mcp";
import type { CatalogServer } from "./catalog.ts";
import { toolClasses, type ToolClass } from "./definition.ts";
import type { Scope, ScopeEntry } from "./scope.ts";

/** Whether what is of this class at the server belongs to the part. */
export type ScopePart = (server: CatalogServer, toolClass: ToolClass) => boolean;

/** A server of which nothing belongs to the part is not in it. */
export function narrowScope(whole: Scope, isInPart: ScopePart): Scope {
  const allows: ScopePart = (server, toolClass) =>
    isInPart(server, toolClass) && whole.allows(server, toolClass);
  const isInside = (of: { readonly server: CatalogServer; readonly class: ToolClass }) =>
    allows(of.server, of.class);
  const servers = whole.servers.filter((server) =>
    toolClasses.some((toolClass) => allows(server, toolClass)),
  );
  const isThere = ({ server: { id } }: CatalogServer) => servers.some(({ server }) => server.id === id);
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
    withheld: (kind) =>
      whole.withheld(kind).filter(({ server, definition }) => isInside({ server, class: definition.class })),
    find(kind, publicName) {
      const found = whole.find(kind, publicName);
      return found && isInside(found) ? found : undefined;
    },
    allows,
    instructions: (server) => (isThere(server) ? whole.instructions(server) : undefined),
    publicUri: (server, uri) => whole.publicUri(server, uri),
    movesUris: (server) => whole.movesUris(server),
  };
}
