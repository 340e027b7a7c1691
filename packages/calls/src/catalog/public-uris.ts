/** Where definitions and results name resources, and how such a name becomes the one that callers know. */
import { edit, pathTree, spansIn, type Path, type PathTree } from "@castellan/mcp";
import type { CatalogServer } from "./catalog.ts";

/** The page of a tool (extension io.modelcontextprotocol/ui); the second is its older spelling. */
export const toolUris = pathTree([
  ["_meta", "ui", "resourceUri"],
  ["_meta", "ui/resourceUri"],
]);

/** Links, embedded resources and what was read, in results of tools, prompts and resources. */
const inResult: readonly Path[] = [
  ["content", "*", "uri"],
  ["content", "*", "resource", "uri"],
  ["contents", "*", "uri"],
  ["messages", "*", "content", "uri"],
  ["messages", "*", "content", "resource", "uri"],
];

/** The same in the result that a task holds. */
export const resultUris = pathTree([...inResult, ...inResult.map((path) => ["result", ...path])]);

/** The same text with each URI at these places under its public name; what is no string stays. */
export function withPublicUris(text: string, places: PathTree, toPublic: (uri: string) => string): string {
  const edits = spansIn(text, places).flatMap((span) => {
    const uri: unknown = JSON.parse(text.slice(span.start, span.end));
    const known = typeof uri === "string" ? toPublic(uri) : uri;
    return known === uri ? [] : [{ span, text: JSON.stringify(known) }];
  });
  return edits.length === 0 ? text : edit(text, edits);
}

/** Whether a tool may name a page. A key may be written with escapes. */
export function mayNamePage(toolText: string): boolean {
  return toolText.includes("resourceUri") || toolText.includes("\\u");
}

/** An entry of the catalog never changes, and is in as many portals as have the server. */
const naming = new WeakMap<CatalogServer, boolean>();

/** Whether any tool of the server may name a page. */
export function namesPages(server: CatalogServer): boolean {
  const known =
    naming.get(server) ?? server.definitions.some(({ kind, text }) => kind === "tool" && mayNamePage(text));
  naming.set(server, known);
  return known;
}
