/**
 * A part of what a portal offers: some of its servers, some classes of use at each, some of their tools. Everything in it keeps the name
 * that it has in the whole, and what is withheld there is withheld here: a caller that looks at less must not see more.
 */
import type { CapabilityKind } from "@castellan/mcp";
import type { CatalogServer } from "./catalog.ts";
import type { CodeTools } from "./code-tools.ts";
import { toolClasses, type DefinitionKind, type ToolClass } from "./definition.ts";
import type { Scope, ScopeEntry } from "./scope.ts";

/** Whether what is of this class at the server belongs to the part; of a tool, by the server's name, whether it does. */
export type ScopePart = (server: CatalogServer, toolClass: ToolClass, tool?: string) => boolean;

interface Named {
  readonly server: CatalogServer;
  readonly class: ToolClass;
  /** What the server calls it. */
  readonly name: string;
}

/** A server of which nothing belongs to the part is not in it. */
export function narrowScope(whole: Scope, isInPart: ScopePart): Scope {
  const allows: ScopePart = (server, toolClass, tool) =>
    isInPart(server, toolClass, tool) && whole.allows(server, toolClass, tool);
  const isInside = (kind: DefinitionKind, of: Named) =>
    allows(of.server, of.class, kind === "tool" ? of.name : undefined);
  const servers = whole.servers.filter(
    (server) =>
      toolClasses.some((toolClass) => allows(server, toolClass)) ||
      server.definitions.some((one) => one.kind === "tool" && allows(server, one.class, one.name)),
  );
  const isThere = ({ server: { id } }: CatalogServer) => servers.some(({ server }) => server.id === id);
  const known = new Map<CapabilityKind, readonly ScopeEntry[]>();
  let codeTools: readonly CodeTools[] | undefined;
  const entries = (kind: CapabilityKind) => {
    const inside = known.get(kind) ?? whole.entries(kind).filter((entry) => isInside(kind, entry));
    known.set(kind, inside);
    return inside;
  };
  const codeToolsInside = () => {
    if (whole.codeTools.length === 0) return whole.codeTools;
    const offering = new Set(entries("tool").map(({ server }) => server.server.id));
    return whole.codeTools.filter(({ server }) => offering.has(server.server.id));
  };
  return {
    era: whole.era,
    servers,
    entries,
    get codeTools() {
      codeTools ??= codeToolsInside();
      return codeTools;
    },
    list: (kind) => entries(kind).map(({ text }) => text),
    withheld: (kind) =>
      whole
        .withheld(kind)
        .filter(({ server, definition }) =>
          isInside(kind, { server, class: definition.class, name: definition.name }),
        ),
    find(kind, publicName) {
      const found = whole.find(kind, publicName);
      return found && isInside(kind, found) ? found : undefined;
    },
    allows,
    instructions: (server) => (isThere(server) ? whole.instructions(server) : undefined),
    publicUri: (server, uri) => whole.publicUri(server, uri),
    movesUris: (server) => whole.movesUris(server),
  };
}
