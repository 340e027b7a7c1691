/**
 * Pages that are no text but an address: some clients open a `ui://` resource of the type `text/uri-list`
 * (RFC 2483 §5) as the page at the URL in it. What such a page is shown goes to its host, so that only hosts
 * that an admin allowed the server are left.
 */
import { edit, objectMembers, pathTree, spansIn, type Edit, type Path, type Span } from "@castellan/mcp";
import { hostFilter } from "./ui-hosts.ts";

/** Where the contents of a resource stand in a result, and in the result that a task holds. */
const inResult: readonly Path[] = [
  ["contents", "*"],
  ["content", "*", "resource"],
  ["messages", "*", "content", "resource"],
];
const places = pathTree([...inResult, ...inResult.map((path) => ["result", ...path])]);

/** A result (raw JSON) whose pages lead to hosts that fit `allowed` (as `parseUiHost` spells them). */
export function limitUiLinks(text: string, allowed: readonly string[]): string {
  // A value may be written with escapes.
  if (!/uri-list/i.test(text) && !text.includes("\\u")) return text;
  const isAllowed = hostFilter(allowed);
  const edits = spansIn(text, places).flatMap((span) => limitLinks(text, span, isAllowed));
  return edits.length === 0 ? text : edit(text, edits);
}

function limitLinks(text: string, resource: Span, isAllowed: (source: unknown) => boolean): Edit[] {
  if (text[resource.start] !== "{") return [];
  const members = objectMembers(text, resource.start);
  const read = (name: string): unknown => {
    const span = members.get(name);
    return span && JSON.parse(text.slice(span.start, span.end));
  };
  const [uri, type] = [read("uri"), read("mimeType")];
  if (typeof uri !== "string" || typeof type !== "string") return [];
  if (!/^\s*ui:/i.test(uri) || !/^\s*text\/uri-list\b/i.test(type)) return [];
  return (["text", "blob"] as const).flatMap((name) => {
    const span = members.get(name);
    const list = read(name);
    if (!span || typeof list !== "string") return [];
    const links = name === "blob" ? Buffer.from(list, "base64").toString("utf8") : list;
    if (links.split(/[\r\n]+/).every((line) => isHarmless(line.trim(), isAllowed))) return [];
    return [{ span, text: '""' }];
  });
}

/** Nothing, a comment (RFC 2483 §5), or a URL of an allowed host. */
function isHarmless(line: string, isAllowed: (source: unknown) => boolean): boolean {
  if (line === "" || line.startsWith("#")) return true;
  const url = URL.canParse(line) ? new URL(line) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && isAllowed(`${url.protocol}//${url.host}`);
}
