/** What a server may take for one URI. */

/**
 * Two URIs with one such form may be one to the server that reads them: escapes, case, dot segments, fragments, forms
 * of one letter (as some file systems take them) and slashes at the end do not count. It joins more than RFC 3986
 * §6.2 does: what is withheld must not be had by another spelling.
 */
export function likenessOfUri(uri: string): string {
  const resolved = resolve(uri);
  let end = resolved.length;
  while (resolved[end - 1] === "/" || resolved[end - 1] === "?") end--;
  return resolved.slice(0, end);
}

/** The same for URIs that are compared with `likenessOfPattern`: what stands at the end may be part of the template. */
export function resolve(uri: string): string {
  const bare = unescaped(uri).replace(/#.*$/s, "");
  const resolved = URL.canParse(bare) ? new URL(bare).href : bare;
  return unescaped(resolved).normalize("NFKC").toLowerCase().replaceAll("\\", "/").replaceAll(/\/+/g, "/");
}

/** Of a URI template (RFC 6570): its literal parts, as they stand in what `resolve` makes of a URI that fits it. */
export function likenessOfPattern(template: string): readonly string[] {
  return resolve(template.replaceAll(/\{[^{}]*\}/g, expression)).split(expression);
}

/** In the place of an expression: a character of nobody (private use), which a URL only escapes. */
const expression = "\ue000";

/** Escapes may hold escapes; who hides one deeper than this is not read by anyone. */
const maxDepth = 4;

function unescaped(uri: string): string {
  let text = uri;
  for (let depth = 0; depth < maxDepth; depth++) {
    const next = text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (escapes) =>
      Buffer.from(escapes.replaceAll("%", ""), "hex").toString("utf8"),
    );
    if (next === text) break;
    text = next;
  }
  return text;
}
