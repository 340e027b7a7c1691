import { parseScope } from "../scopes.ts";

/** The portals and servers that scopes name, each once. */
export function namedIn(scopes: readonly string[]): { portals: string[]; servers: string[] } {
  const portals = new Set<string>();
  const servers = new Set<string>();
  for (const text of scopes) {
    const scope = parseScope(text);
    if (scope?.kind === "portal") portals.add(scope.portal);
    if (scope?.kind === "server") servers.add(scope.server);
  }
  return { portals: [...portals], servers: [...servers] };
}
