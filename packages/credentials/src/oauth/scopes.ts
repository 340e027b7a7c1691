/** Which scopes are asked for (MCP authorization, "Scope Selection Strategy"), from lists that others wrote. */

const maxScopes = 100;
const maxScopeLength = 256;
/** RFC 6749 §3.3. */
const scopeToken = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

/** OpenID Connect Core §11: asked for where the authorization server offers it, never because a resource says so. */
export const offlineAccess = "offline_access";

/** Scopes separated by blanks; what is none is left out. */
export function parseScopes(text: string): readonly string[] {
  return cleanScopes(text.split(/\s+/));
}

/** Those that are scopes, each once, at most a hundred. */
export function cleanScopes(scopes: readonly unknown[]): readonly string[] {
  const clean = scopes.filter(
    (scope): scope is string =>
      typeof scope === "string" && scope.length <= maxScopeLength && scopeToken.test(scope),
  );
  return [...new Set(clean)].slice(0, maxScopes);
}

export interface ScopeSources {
  /** An admin's word, which goes before what the server says. */
  readonly configured: readonly string[] | undefined;
  /** By the challenge, else by the resource's metadata. */
  readonly asked: readonly string[] | undefined;
  /** Granted already, or missing. */
  readonly wanted: readonly string[];
  /** By the authorization server's metadata. */
  readonly offered: readonly string[] | undefined;
}

/** Empty: none are named, the authorization server decides; `offline_access` alone would narrow it to that. */
export function chooseScopes({ configured, asked, wanted, offered }: ScopeSources): readonly string[] {
  const said = [...(configured === undefined ? (asked ?? []) : []), ...wanted];
  const named = cleanScopes([...(configured ?? []), ...said.filter((scope) => scope !== offlineAccess)]);
  const isOffered = offered?.includes(offlineAccess) === true;
  if (named.length === 0 || !isOffered || named.includes(offlineAccess)) return named;
  return [...named, offlineAccess];
}
