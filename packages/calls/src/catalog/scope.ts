/**
 * What one portal offers to callers of one era: names on the outside, servers of either era behind them.
 * Built once per version of the catalog and of the portal, then only looked up.
 */
import {
  edit,
  isObject,
  objectMembers,
  paramHeadersOf,
  toLegacyTool,
  type CapabilityKind,
  type Era,
  type ParamHeader,
} from "@castellan/mcp";
import { speaks, type CatalogServer } from "./catalog.ts";
import { capabilityKinds, kinds, type Definition } from "./definition.ts";
import { toolUris, withPublicUris } from "./public-uris.ts";
import { isReservedName } from "./reserved-name.ts";
import { limitUiHosts } from "./ui-hosts.ts";
import { literalLength, matchesUri, parseUriTemplate, type UriPattern } from "./uri-template.ts";

/** How a portal calls tools and prompts: `{server}_{name}`, or as the server calls them. */
export type Naming = "prefixed" | "plain";

/** One thing on offer, and where it is to be had. */
export interface Capability {
  /** `task`: one that the server works on; `server`: a method that only the server knows. */
  readonly kind: CapabilityKind | "task" | "server";
  readonly server: CatalogServer;
  /** What the server calls it. For a resource outside of every list: its URI. */
  readonly name: string;
  readonly publicName: string;
  /** The era in which the server is spoken to: the caller's if it speaks it, else its own. */
  readonly upstreamEra: Era;
  /** Arguments that must travel as headers as well on each hop of the modern era (tools). */
  readonly paramHeaders: readonly ParamHeader[];
}

export interface Scope {
  readonly era: Era;
  /** The servers that take part, in the portal's order. */
  readonly servers: readonly CatalogServer[];
  /** The definitions of a kind as they are shown, in an order that stays the same. */
  list(kind: CapabilityKind): readonly string[];
  /** The capability of this public name; for a resource also one that fits a template. */
  find(kind: CapabilityKind, publicName: string): Capability | undefined;
  /**
   * The URI under which callers know a server's resource. What another server would be asked for by the same
   * URI is named after this one: a server speaks of its own resources only.
   */
  publicUri(server: CatalogServer, uri: string): string;
  /** Whether callers may know any of the server's resources under another URI than it does. */
  movesUris(server: CatalogServer): boolean;
}

/** The era in which a caller of this era reaches the server; undefined when there is none. */
export function upstreamEra(server: CatalogServer, callerEra: Era): Era | undefined {
  if (speaks(server, callerEra)) return callerEra;
  const other: Era = callerEra === "modern" ? "legacy" : "modern";
  return speaks(server, other) ? other : undefined;
}

export function createScope(options: { era: Era; servers: readonly CatalogServer[]; naming: Naming }): Scope {
  const { era } = options;
  const servers = options.servers.filter((server) => upstreamEra(server, era) !== undefined);
  const resources = fillShelf("resource", servers, options);
  const templates = fillShelf("resource_template", servers, options);
  const movedUris = movedResources(resources);
  const patterns = templatePatterns(templates);
  const findResource = (uri: string) =>
    resources.byName.get(uri) ?? unlistedResource(uri, servers, patterns, era);
  const publicUri: Scope["publicUri"] = ({ server }, uri) =>
    movedUris.get(server.id)?.get(uri) ??
    (isOfAnother(findResource(uri), server, uri) ? `gw+${server.slug}:${uri}` : uri);
  const shelves = new Map<CapabilityKind, Shelf>([
    ["resource", resources],
    ["resource_template", templates],
  ]);
  for (const kind of capabilityKinds)
    if (!shelves.has(kind)) shelves.set(kind, fillShelf(kind, servers, options, publicUri));
  const holders = servers.filter(offersResources).map(({ server }) => server.id);

  return {
    era,
    servers,
    list: (kind) => shelves.get(kind)?.texts ?? [],
    find: (kind, publicName) =>
      kind === "resource" ? findResource(publicName) : shelves.get(kind)?.byName.get(publicName),
    publicUri,
    movesUris: ({ server }) => movedUris.has(server.id) || holders.some((id) => id !== server.id),
  };
}

/** What is on the web a client fetches there (2025-11-25, resources, "Common URI Schemes"). */
function isOfAnother(found: Capability | undefined, server: CatalogServer["server"], uri: string): boolean {
  return found !== undefined && found.server.server.id !== server.id && !/^https?:/i.test(uri);
}

/** The resources that callers know under another URI than their server does, by server. */
function movedResources(shelf: Shelf | undefined): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const moved = new Map<string, Map<string, string>>();
  for (const { server, name, publicName } of shelf?.byName.values() ?? []) {
    if (name === publicName) continue;
    const uris = moved.get(server.server.id) ?? new Map<string, string>();
    moved.set(server.server.id, uris.set(name, publicName));
  }
  return moved;
}

interface Shelf {
  readonly byName: Map<string, Capability>;
  readonly texts: string[];
}

function fillShelf(
  kind: CapabilityKind,
  servers: readonly CatalogServer[],
  { era, naming }: { era: Era; naming: Naming },
  publicUri: Scope["publicUri"] = (_, uri) => uri,
): Shelf {
  const shelf: Shelf = { byName: new Map(), texts: [] };
  const fallbacks = fallbackNames(kind, servers);
  for (const server of servers)
    for (const definition of server.definitions) {
      if (definition.kind !== kind) continue;
      const spoken = upstreamEra(server, era) ?? era;
      const isMarked = kind === "tool" && (era === "modern" || spoken === "modern");
      const paramHeaders = isMarked ? toolHeaders(definition) : [];
      // 2026-07-28, SEP-2243: a tool whose header marks are unsound is not to be offered.
      if (!paramHeaders) continue;
      const own = ownName(definition, naming);
      const isFree = own !== undefined && !shelf.byName.has(own) && !fallbacks.has(own);
      const publicName = isFree ? own : fallbackName(server, definition);
      const { name } = definition;
      const capability = { kind, server, name, publicName, upstreamEra: spoken, paramHeaders };
      shelf.byName.set(publicName, capability);
      const text = era === "legacy" ? legacyText(definition, spoken) : definition.text;
      const shown = limitUiHosts(shownText({ ...definition, text }, publicName), server.server.uiHosts);
      shelf.texts.push(
        kind === "tool" ? withPublicUris(shown, toolUris, (uri) => publicUri(server, uri)) : shown,
      );
    }
  return shelf;
}

/**
 * The name by which the server itself calls it, if the portal shows that and it can be shown. The
 * first server in the portal's order keeps a name that two would have.
 */
function ownName({ kind, name }: Definition, naming: Naming): string | undefined {
  if (kinds[kind].key !== "name") return likeGatewayUri.test(name) ? undefined : name;
  return naming === "plain" && (kind === "prompt" || (portableToolName.test(name) && !isReservedName(name)))
    ? name
    : undefined;
}

/** A name that says its server. No two definitions share one. */
function fallbackName({ server }: CatalogServer, { kind, name, publicName }: Definition): string {
  return kinds[kind].key === "name" ? publicName : `gw+${server.slug}:${name}`;
}

/** What a definition may have to be called: no other may call itself so, or it would stand in its place. */
function fallbackNames(kind: CapabilityKind, servers: readonly CatalogServer[]): ReadonlySet<string> {
  return new Set(
    servers.flatMap((server) =>
      server.definitions
        .filter((definition) => definition.kind === kind)
        .map((definition) => fallbackName(server, definition)),
    ),
  );
}

/** Both the names that MCP allows (2025-11-25, tools, "Tool names") and what model providers take. */
const portableToolName = /^[A-Za-z0-9_.-]{1,64}$/;
const gatewayUri = /^gw\+([a-z0-9-]+):/;
/** No server has a URI, or a template of them, that a client could take for one of these. */
const likeGatewayUri = /^gw\+/i;

function shownText({ kind, name, text }: Definition, publicName: string): string {
  if (publicName === name) return text;
  const span = objectMembers(text).get(kinds[kind].key);
  return span ? edit(text, [{ span, text: JSON.stringify(publicName) }]) : text;
}

/** A definition never changes, and there is a scope for each portal. */
const legacyTexts = new WeakMap<Definition, string>();

function legacyText(definition: Definition, spoken: Era): string {
  if (definition.kind !== "tool") return definition.text;
  const text = legacyTexts.get(definition) ?? toLegacyTool(definition.text, spoken);
  legacyTexts.set(definition, text);
  return text;
}

function toolHeaders({ text }: Definition): readonly ParamHeader[] | undefined {
  // A key may be written with escapes.
  if (!text.includes("x-mcp-header") && !text.includes("\\u")) return [];
  const tool: unknown = JSON.parse(text);
  return paramHeadersOf(isObject(tool) ? tool["inputSchema"] : undefined);
}

interface TemplatePattern {
  readonly pattern: UriPattern;
  readonly capability: Capability;
}

/** The closest fit first. */
function templatePatterns(shelf: Shelf | undefined): TemplatePattern[] {
  return [...(shelf?.byName.values() ?? [])]
    .map((capability) => ({ pattern: parseUriTemplate(capability.publicName), capability }))
    .toSorted((a, b) => literalLength(b.pattern) - literalLength(a.pattern));
}

/** A URI that no list names: of the server whose template it fits, or of the only one with resources. */
function unlistedResource(
  uri: string,
  servers: readonly CatalogServer[],
  patterns: readonly TemplatePattern[],
  era: Era,
): Capability | undefined {
  const of = (server: CatalogServer, name: string): Capability => ({
    kind: "resource",
    server,
    name,
    publicName: uri,
    upstreamEra: upstreamEra(server, era) ?? era,
    paramHeaders: [],
  });
  const prefix = gatewayUri.exec(uri);
  const named = prefix && servers.find(({ server }) => server.slug === prefix[1]);
  if (named) return of(named, uri.slice(prefix[0].length));
  const fitting = patterns.find(({ pattern }) => matchesUri(pattern, uri));
  if (fitting) return of(fitting.capability.server, uri);
  const holders = servers.filter((server) => offersResources(server));
  return holders.length === 1 && holders[0] ? of(holders[0], uri) : undefined;
}

function offersResources({ definitions }: CatalogServer): boolean {
  return definitions.some(({ kind }) => kind === "resource" || kind === "resource_template");
}
