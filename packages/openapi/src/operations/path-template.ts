/** Paths with parameters in them: `/users/{id}.{format}` (OpenAPI 3.1.1 §4.8.8). */
import { Unusable } from "../document/unusable.ts";

/** A piece of a segment: written out (encoded as it is sent), or a parameter. */
export type PathPart = { readonly literal: string } | { readonly parameter: string };

const maxPathChars = 2048;
const maxParametersOfSegment = 4;

/** The segments of a path, without the first slash. Throws `Unusable`. */
export function parsePath(path: string): readonly (readonly PathPart[])[] {
  if (!path.startsWith("/")) throw new Unusable("has a path that does not begin with a slash");
  if (path.length > maxPathChars) throw new Unusable(`has a path of more than ${maxPathChars} characters`);
  if (/[?#]/.test(path)) throw new Unusable("has a path with a query or a fragment in it");
  const seen = new Set<string>();
  return path
    .slice(1)
    .split("/")
    .map((segment) => parseSegment(segment, seen));
}

function parseSegment(segment: string, seen: Set<string>): readonly PathPart[] {
  const parts: PathPart[] = [];
  for (const [text, name] of segment.matchAll(/\{([^{}]*)\}|[^{}]+|[{}]/g)) {
    if (text === "{" || text === "}") throw new Unusable("has a path with a brace that stands alone");
    const last = parts.at(-1);
    if (name === undefined) {
      parts.push({ literal: encodeLiteral(text) });
      continue;
    }
    if (name === "") throw new Unusable("has a parameter without a name in its path");
    if (seen.has(name)) throw new Unusable(`has the parameter ${JSON.stringify(name)} twice in its path`);
    if (last && "parameter" in last)
      throw new Unusable("has two parameters in its path with nothing between them");
    seen.add(name);
    parts.push({ parameter: name });
  }
  if (parts.filter((part) => "parameter" in part).length > maxParametersOfSegment)
    throw new Unusable(`has more than ${maxParametersOfSegment} parameters in one segment of its path`);
  const [only] = parts;
  if (parts.length === 1 && only && "literal" in only && isDotSegment(only.literal))
    throw new Unusable("has a path that leads upwards");
  return parts;
}

/** Whether a segment would be taken for a way through the tree of paths (RFC 3986 §5.2.4). */
export function isDotSegment(segment: string): boolean {
  return /^(?:\.|%2e){1,2}$/i.test(segment);
}

/** What RFC 3986 §3.3 allows stays; the rest is encoded, and what is encoded stays so. */
function encodeLiteral(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~!$&'()*+,;=:@%]/gu, (char) => encodeURIComponent(char));
}
