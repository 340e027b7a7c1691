/** A reference within the same schema: `#`, `#/$defs/Node` (RFC 6901). Nothing else is followed. */
export function resolvePointer(root: unknown, ref: string): unknown {
  if (ref === "#") return root;
  if (!ref.startsWith("#/") || ref.length > 1000) return undefined;
  let at: unknown = root;
  for (const raw of ref.slice(2).split("/")) {
    if (typeof at !== "object" || at === null) return undefined;
    const name = decoded(raw).replaceAll("~1", "/").replaceAll("~0", "~");
    at = Object.hasOwn(at, name) ? (at as Readonly<Record<string, unknown>>)[name] : undefined;
  }
  return at;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
