/** What a client asks for, put in order: unknown scopes are dropped (RFC 6749 §3.3), silence means reading. */
import {
  apiScope,
  parseScope,
  portalScope,
  portalsOf,
  rightsByRules,
  rightsOfScopes,
  type User,
} from "@castellan/access";
import type { PortalForConsent, Target } from "../ports.ts";

/** The words of a `scope` parameter, each once, in their order. */
export function wordsOf(scope: string | undefined): string[] {
  return [...new Set(scope?.split(" ").filter((word) => word !== ""))];
}

/**
 * Those of `words` that mean something at the target, with the right to enter ahead. Where none of them does, what one
 * asks for who asks for nothing: reading.
 */
export function askedScopes(target: Target, words: readonly string[]): string[] {
  if (target.kind === "api") return [apiScope];
  const { portal } = target;
  const known = words.filter((word) => isKnownAt(portal, word));
  const entry = portalScope(portal.slug);
  return known.length === 0 ? [entry, portalScope(portal.slug, "read")] : [...new Set([entry, ...known])];
}

/** The one place that the scopes name; undefined for none, and for several. */
export function targetNamed(
  words: readonly string[],
): { kind: "portal"; slug: string } | { kind: "api" } | undefined {
  const named = new Set(
    words.flatMap((word) => {
      const scope = parseScope(word);
      return scope?.kind === "portal" ? [scope.portal] : [];
    }),
  );
  const [slug] = named;
  if (named.size === 1 && slug !== undefined) return { kind: "portal", slug };
  return named.size === 0 && words.includes(apiScope) ? { kind: "api" } : undefined;
}

/** Those that are scopes of ours at all. */
export function ourScopes(words: readonly string[]): string[] {
  return words.filter((word) => parseScope(word) !== undefined);
}

/**
 * Of what was granted, what still gives the person something: nothing once they may not use the target any more. How far
 * the rest reaches is decided anew at each call.
 */
export function scopesWithinRights(target: Target, granted: readonly string[], user: User): string[] {
  // Customers have no role in the platform.
  if (target.kind === "api")
    return user.directory === "workforce" ? granted.filter((scope) => scope === apiScope) : [];
  const { portal } = target;
  const { directory, groups, email } = user;
  const rights = rightsByRules(portal, { kind: "user", directory, groups, email });
  if (rights.isNone) return [];
  const entry = portalScope(portal.slug);
  return granted.filter(
    (scope) =>
      scope === entry ||
      (isKnownAt(portal, scope) && !rightsOfScopes([entry, scope], portal.slug).and(rights).isNone),
  );
}

/** What a client may do for itself at a target, of the scopes that an admin gave it. */
export function scopesForItself(target: Target, given: readonly string[]): string[] {
  if (target.kind === "api") return given.filter((scope) => scope === apiScope);
  const { portal } = target;
  if (!portalsOf(given).includes(portal.slug)) return [];
  return given.filter((scope) => isKnownAt(portal, scope));
}

function isKnownAt(portal: PortalForConsent, word: string): boolean {
  const scope = parseScope(word);
  if (scope?.kind === "portal") return scope.portal === portal.slug;
  return scope?.kind === "server" && portal.servers.some(({ slug }) => slug === scope.server);
}
