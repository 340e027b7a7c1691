/** What a portal offers to one caller, where servers have lists of their own for them. */
import type { CapabilityKind } from "@castellan/mcp";
import type { CatalogServer } from "../catalog/catalog.ts";
import type { Scope, ScopeEntry } from "../catalog/scope.ts";
import { listKey } from "./own-lists.ts";
import type { OwnEntry } from "./own-entry.ts";

/**
 * `scope`: over the entries' servers (`OwnEntry.server`), so that names are as in the whole catalog. What is found leads to the
 * catalog's own entry: whatever is kept for a server is kept for that one.
 */
export function ownScope(scope: Scope, entries: ReadonlyMap<string, OwnEntry>): Scope {
  const entryOf = ({ server }: CatalogServer) => entries.get(server.id);
  const inCatalog = (server: CatalogServer) => entryOf(server)?.of ?? server;
  const isHidden = (kind: CapabilityKind, { server, name }: Pick<ScopeEntry, "server" | "name">) =>
    entryOf(server)?.hidden.has(listKey({ kind, name })) === true;
  const known = new Map<CapabilityKind, readonly ScopeEntry[]>();
  const entriesOf = (kind: CapabilityKind) => {
    const list =
      known.get(kind) ??
      scope
        .entries(kind)
        .filter((entry) => !isHidden(kind, entry))
        .map((entry) => ({
          publicName: entry.publicName,
          name: entry.name,
          class: entry.class,
          server: inCatalog(entry.server),
          get text() {
            return entry.text;
          },
        }));
    known.set(kind, list);
    return list;
  };
  return {
    era: scope.era,
    servers: scope.servers.map(inCatalog),
    entries: entriesOf,
    codeTools: scope.codeTools.map(({ server, names }) => ({ server: inCatalog(server), names })),
    list: (kind) => entriesOf(kind).map(({ text }) => text),
    withheld: (kind) =>
      scope.withheld(kind).map((withheld) => ({ ...withheld, server: inCatalog(withheld.server) })),
    find(kind, publicName) {
      const found = scope.find(kind, publicName);
      return found && !isHidden(kind, found) ? { ...found, server: inCatalog(found.server) } : undefined;
    },
    allows: (server, toolClass, tool) => scope.allows(server, toolClass, tool),
    instructions: (server) => scope.instructions(server),
    publicUri: (server, uri) => scope.publicUri(server, uri),
    movesUris: (server) => scope.movesUris(server),
  };
}
