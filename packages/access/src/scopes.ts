/**
 * OAuth scopes (RFC 6749 §3.3) and what they mean:
 *
 *     portal:{portal}           enter the portal; by itself nothing may be used there
 *     portal:{portal}:{class}   use everything of that class (read, write, destructive) at all of its servers
 *     {server}:{class}          use what is of that class at that server, in whichever portal may be entered
 *     api                       call the HTTP API, as far as the holder's role goes
 *
 * What starts with `portal:` is about portals: a server with the slug `portal` has no scopes of its own.
 */
import { isSlug } from "@castellan/kernel";
import { Rights } from "./rights.ts";
import { toolClasses, type ToolClass } from "./tool-class.ts";

export const apiScope = "api";

export type Scope =
  | { readonly kind: "api" }
  | { readonly kind: "portal"; readonly portal: string; readonly toolClass: ToolClass | undefined }
  | { readonly kind: "server"; readonly server: string; readonly toolClass: ToolClass };

/** Undefined for what is no scope of ours. */
export function parseScope(text: string): Scope | undefined {
  if (text === apiScope) return { kind: "api" };
  const [first = "", second = "", third, ...rest] = text.split(":");
  if (rest.length > 0) return undefined;
  if (first === "portal") {
    if (!isSlug(second) || (third !== undefined && !isToolClass(third))) return undefined;
    return { kind: "portal", portal: second, toolClass: third };
  }
  if (third !== undefined || !isSlug(first) || !isToolClass(second)) return undefined;
  return { kind: "server", server: first, toolClass: second };
}

export function portalScope(portal: string, toolClass?: ToolClass): string {
  return toolClass === undefined ? `portal:${portal}` : `portal:${portal}:${toolClass}`;
}

export function serverScope(server: string, toolClass: ToolClass): string {
  return `${server}:${toolClass}`;
}

/** The portals that these scopes let their holder enter. */
export function portalsOf(scopes: readonly string[]): string[] {
  return scopes.flatMap((text) => {
    const scope = parseScope(text);
    return scope?.kind === "portal" && scope.toolClass === undefined ? [scope.portal] : [];
  });
}

/** What these scopes let their holder do at a portal: nothing where it may not enter. */
export function rightsOfScopes(scopes: readonly string[], portal: string): Rights {
  if (!scopes.includes(portalScope(portal))) return Rights.none;
  return scopes.reduce((rights, text) => {
    const scope = parseScope(text);
    if (scope?.kind === "server") return rights.or(Rights.of([scope.toolClass], [scope.server]));
    if (scope?.kind !== "portal" || scope.portal !== portal || !scope.toolClass) return rights;
    return rights.or(Rights.of([scope.toolClass]));
  }, Rights.none);
}

function isToolClass(text: string): text is ToolClass {
  return (toolClasses as readonly string[]).includes(text);
}
