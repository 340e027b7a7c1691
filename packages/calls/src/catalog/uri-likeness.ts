/** What a server may take for one URI. */

/**
 * Two URIs with one such form may be one to the server that reads them: escapes, case, dot segments, fragments and
 * slashes at the end do not count. It joins more than RFC 3986 §6.2 does: what is withheld must not be had by
 * another spelling.
 */
export function likenessOfUri(uri: string): string {
  const bare = unescaped(uri).replace(/#.*$/s, "");
  const resolved = URL.canParse(bare) ? new URL(bare).href : bare;
  return unescaped(resolved)
    .toLowerCase()
    .replaceAll("\\", "/")
    .replaceAll(/\/+/g, "/")
    .replace(/[/?]+$/, "");
}

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
