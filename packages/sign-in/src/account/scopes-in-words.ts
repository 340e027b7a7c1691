/** What a client was allowed, in the words of the page on which it was: `look things up (all servers)`. */
import { apiScope, parseScope, toolClasses, type Grant, type ToolClass } from "@castellan/access";

const words: Readonly<Record<ToolClass, string>> = {
  read: "look things up",
  write: "create and change things",
  destructive: "delete and overwrite things",
};

export function scopesInWords({ portal, scopes }: Pick<Grant, "portal" | "scopes">): string {
  if (portal === undefined) return scopes.includes(apiScope) ? "do what you may do over the API" : "nothing";
  const parsed = scopes.map((text) => parseScope(text));
  const parts = toolClasses.flatMap((toolClass) => {
    const isAll = parsed.some(
      (scope) => scope?.kind === "portal" && scope.portal === portal && scope.toolClass === toolClass,
    );
    const servers = parsed.flatMap((scope) =>
      scope?.kind === "server" && scope.toolClass === toolClass ? [scope.server] : [],
    );
    if (isAll) return [`${words[toolClass]} (all servers)`];
    return servers.length > 0 ? [`${words[toolClass]} (${servers.toSorted().join(", ")})`] : [];
  });
  return parts.length > 0 ? parts.join(", ") : "only enter";
}
