/** Answers to the list methods: every definition as its server sent it, under its public name; then the portal's own. */
import type { Scope } from "@castellan/calls";
import { withMembers, type CapabilityKind } from "@castellan/mcp";
import type { ToolListing } from "../connections/tool-listing.ts";
import { portalTools } from "../portal-tools/portal-tools.ts";
import { listTtlMs } from "./hello.ts";

const members: Readonly<Record<CapabilityKind, string>> = {
  tool: "tools",
  prompt: "prompts",
  resource: "resources",
  resource_template: "resourceTemplates",
};

/** A scope never changes, so each of its lists is put together once. */
const made = new WeakMap<Scope, Map<string, string>>();

/**
 * Portals over hundreds of servers have lists of megabytes, in each era: of those only the ones that were made
 * last are kept.
 */
const largeChars = 256 * 1024;
const maxLarge = 16;
const large: { readonly lists: WeakRef<Map<string, string>>; readonly key: string }[] = [];

export function listResult(scope: Scope, kind: CapabilityKind, listing: ToolListing = "full"): string {
  const lists = made.get(scope) ?? new Map<string, string>();
  made.set(scope, lists);
  const key = kind === "tool" ? `${kind} ${listing}` : kind;
  const known = lists.get(key);
  if (known !== undefined) return known;
  const text = makeList(scope, kind, listing);
  lists.set(key, text);
  if (text.length > largeChars && large.push({ lists: new WeakRef(lists), key }) > maxLarge) {
    const oldest = large.shift();
    oldest?.lists.deref()?.delete(oldest.key);
  }
  return text;
}

function makeList(scope: Scope, kind: CapabilityKind, listing: ToolListing): string {
  const texts = kind === "tool" ? toolTexts(scope, listing) : scope.list(kind);
  const items = `"${members[kind]}":[${texts.join(",")}]`;
  if (scope.era === "legacy") return `{${items}}`;
  return `{"resultType":"complete",${items},"ttlMs":${listTtlMs},"cacheScope":"private"}`;
}

function toolTexts(scope: Scope, listing: ToolListing): readonly string[] {
  const own = portalTools.definitions(listing);
  switch (listing) {
    case "full":
      return [...scope.list("tool"), ...own];
    case "minimize_tools":
      return [...scope.list("tool").map((text) => withMembers(text, left)), ...own];
    case "search_and_execute":
      return own;
  }
}

/** What fills a model's context. The rest is for programs: pages of a tool, for one, stay with it. */
const left = { description: undefined, inputSchema: '{"type":"object"}', outputSchema: undefined };
