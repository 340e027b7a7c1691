/** What tokens are for: resource identifiers (RFC 8707, RFC 9728). */

/** MCP authorization, "Canonical Server URI": no fragment, scheme and host in lower case, no slash for an empty path. */
export function canonicalResource(url: string): string {
  const canonical = new URL(url);
  canonical.hash = "";
  canonical.username = "";
  canonical.password = "";
  return canonical.pathname === "/" && canonical.search === "" ? canonical.origin : canonical.href;
}

/**
 * Whether what calls itself `resource` may speak for the target: the target itself, or a path above it at the same origin.
 * Anything else would have tokens made out to somebody else (RFC 9728 §3.3).
 */
export function speaksFor(resource: string, targetUrl: string): boolean {
  const said = URL.parse(resource);
  const target = new URL(targetUrl);
  if (said === null || said.origin !== target.origin || resource.includes("#")) return false;
  if (said.username !== "" || said.password !== "") return false;
  if (said.search !== "" && said.search !== target.search) return false;
  return withSlash(target.pathname).startsWith(withSlash(said.pathname));
}

function withSlash(path: string): string {
  return path.endsWith("/") ? path : `${path}/`;
}

/** RFC 9728 §3.1: where the metadata is when no challenge says it, in the order of the specification. */
export function resourceMetadataUrls(targetUrl: string): readonly string[] {
  const { origin, pathname, search } = new URL(targetUrl);
  const root = `${origin}/.well-known/oauth-protected-resource`;
  const path = pathname.replace(/\/$/, "");
  return path === "" && search === "" ? [root] : [`${root}${path}${search}`, root];
}
