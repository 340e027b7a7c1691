/** Answers to the list methods: every definition as its server sent it, under its public name; then the portal's own. */
import { isShownAsCode, type Scope } from "@castellan/calls";
import { withMembers, type CapabilityKind } from "@castellan/mcp";
import type { CodemodePort } from "../codemode-port.ts";
import type { ToolListing } from "../connections/tool-listing.ts";
import { portalTools, type ToolAudience } from "../portal-tools/portal-tools.ts";
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

/** How tools are listed. */
export interface ListedTools {
  readonly listing: ToolListing;
  readonly audience: ToolAudience;
  readonly codemode: Pick<CodemodePort, "definitions" | "apiDefinitions"> | undefined;
}

export function listResult(scope: Scope, kind: CapabilityKind, how: ListedTools): string {
  const lists = made.get(scope) ?? new Map<string, string>();
  made.set(scope, lists);
  const key = kind === "tool" ? `${kind} ${how.listing} ${how.audience}` : kind;
  const known = lists.get(key);
  if (known !== undefined) return known;
  const text = makeList(scope, kind, how);
  lists.set(key, text);
  if (text.length > largeChars && large.push({ lists: new WeakRef(lists), key }) > maxLarge) {
    const oldest = large.shift();
    oldest?.lists.deref()?.delete(oldest.key);
  }
  return text;
}

function makeList(scope: Scope, kind: CapabilityKind, how: ListedTools): string {
  const texts = kind === "tool" ? toolTexts(scope, how) : scope.list(kind);
  const items = `"${members[kind]}":[${texts.join(",")}]`;
  if (scope.era === "legacy") return `{${items}}`;
  return `{"resultType":"complete",${items},"ttlMs":${listTtlMs},"cacheScope":"private"}`;
}

function toolTexts(scope: Scope, how: ListedTools): readonly string[] {
  const own = portalTools.definitions(how.listing, how.audience);
  switch (how.listing) {
    case "full":
      return [...serverTexts(scope, how), ...apiTexts(scope, how), ...own];
    case "minimize_tools":
      return [
        ...serverTexts(scope, how).map((text) => withMembers(text, left)),
        ...apiTexts(scope, how),
        ...own,
      ];
    case "search_and_execute":
      return own;
    case "code":
      return how.codemode?.definitions() ?? [];
  }
}

/** Where nothing runs code, the operations of an API are listed like other tools. */
function serverTexts(scope: Scope, { codemode }: ListedTools): readonly string[] {
  if (!codemode || scope.codeTools.length === 0) return scope.list("tool");
  return scope.entries("tool").flatMap(({ server, text }) => (isShownAsCode(server) ? [] : [text]));
}

/** Whole in each listing: they cost little, and without their descriptions nobody knows what to send them. */
function apiTexts({ codeTools }: Scope, { codemode }: ListedTools): readonly string[] {
  return codemode ? codeTools.flatMap(({ server, names }) => codemode.apiDefinitions(server, names)) : [];
}

/** What fills a model's context. The rest is for programs: pages of a tool, for one, stay with it. */
const left = { description: undefined, inputSchema: '{"type":"object"}', outputSchema: undefined };
