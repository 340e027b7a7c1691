/**
 * What one server gives to a portal, before it meets the other servers there: decided by its reviews, the portal's
 * curation of it, and the portal's rules. Made once for each of these, and shared by the portals where they are the same.
 */
import type { CapabilityKind, Era } from "@castellan/mcp";
import { speaks, type CatalogServer } from "./catalog.ts";
import { entryOf, isSwitchedOn, type Curation } from "./curation.ts";
import { isLive, kinds, type Definition, type DefinitionKind } from "./definition.ts";
import { likenessOfPattern, likenessOfUri, resolve } from "./uri-likeness.ts";
import { maxPublicNameLength, toAliasName, type Naming } from "./public-name.ts";
import { isReservedName } from "./reserved-name.ts";
import { literalLength, matchesUri, parseUriTemplate, type UriPattern } from "./uri-template.ts";

/** The rules of a portal that hold for all its servers. */
export interface PortalRules {
  readonly naming: Naming;
  /** Kinds that the portal offers although nobody has approved them. */
  readonly autoAccept: readonly DefinitionKind[];
}

/** A definition on offer, with what the portal says of it. */
export interface Offer {
  readonly server: CatalogServer;
  readonly definition: Definition & { readonly kind: CapabilityKind };
  /** Takes the place of the server's own. */
  readonly description: string | undefined;
  /** The names that it would have, the first one that is free; the last is of no other server. */
  readonly names: readonly [...preferred: string[], fallback: string];
  /** Whether a person approved it, or gave it its name in this portal. */
  readonly isVouchedFor: boolean;
}

/** Why something that a server lists is not offered. */
export type WithheldReason =
  | "waiting"
  | "switched_off"
  | "not_switched_on"
  | "name_of_another"
  | "headers_unsound";

export interface Withheld {
  readonly server: CatalogServer;
  readonly definition: Definition & { readonly kind: CapabilityKind };
  readonly reason: WithheldReason;
}

export interface Share {
  readonly server: CatalogServer;
  readonly offers: Readonly<Record<CapabilityKind, readonly Offer[]>>;
  readonly withheld: readonly Withheld[];
  /** Names that aliases have for themselves, whether what they stand for is offered or not: the server's name → public name. */
  readonly aliases: Readonly<Record<CapabilityKind, ReadonlyMap<string, string>>>;
  /**
   * Whether a URI that no list names may be asked of this server: not what it lists and the portal withholds, nor
   * what only a withheld template says. `fit`: how closely a template that is offered fits it, if one does.
   */
  mayRead(uri: string, fit?: number): boolean;
}

/** By entry of the catalog, then by curation: both are replaced when they change, never altered. */
const made = new WeakMap<CatalogServer, WeakMap<Curation, Map<string, Share>>>();

export function shareOf(server: CatalogServer, curation: Curation, rules: PortalRules): Share {
  const byCuration = made.get(server) ?? new WeakMap<Curation, Map<string, Share>>();
  made.set(server, byCuration);
  const byRules = byCuration.get(curation) ?? new Map<string, Share>();
  byCuration.set(curation, byRules);
  const key = `${rules.naming} ${rules.autoAccept.join()}`;
  const known = byRules.get(key) ?? makeShare(server, curation, rules);
  byRules.set(key, known);
  return known;
}

/** The era in which a caller of this era reaches the server; undefined when there is none. */
export function upstreamEra(server: CatalogServer, callerEra: Era): Era | undefined {
  if (speaks(server, callerEra)) return callerEra;
  const other: Era = callerEra === "modern" ? "legacy" : "modern";
  return speaks(server, other) ? other : undefined;
}

function makeShare(server: CatalogServer, curation: Curation, rules: PortalRules): Share {
  const offers: Record<CapabilityKind, Offer[]> = {
    tool: [],
    prompt: [],
    resource: [],
    resource_template: [],
  };
  const withheld: Withheld[] = [];
  const isSpokenTo = upstreamEra(server, "modern") !== undefined;
  for (const definition of isSpokenTo ? server.definitions : []) {
    if (!isCapability(definition)) continue;
    const reason = reasonToWithhold(definition, curation, rules);
    if (reason === undefined) offers[definition.kind].push(toOffer(server, definition, curation, rules));
    else withheld.push({ server, definition, reason });
  }
  return {
    server,
    offers,
    withheld,
    aliases: aliasNames(server, curation, rules),
    mayRead: isSpokenTo ? createReadRule(offers, withheld, curation) : () => false,
  };
}

function isCapability(definition: Definition): definition is Offer["definition"] {
  return definition.kind !== "instructions";
}

function reasonToWithhold(
  definition: Offer["definition"],
  curation: Curation,
  { autoAccept }: PortalRules,
): WithheldReason | undefined {
  const { kind, name } = definition;
  if (!isLive(definition, autoAccept)) return "waiting";
  if (isSwitchedOn(curation, kind, name)) return undefined;
  return entryOf(curation, kind, name)?.enabled === false ? "switched_off" : "not_switched_on";
}

function toOffer(
  server: CatalogServer,
  definition: Offer["definition"],
  curation: Curation,
  { naming }: PortalRules,
): Offer {
  const { kind, name, publicName, review } = definition;
  const { description, alias } = entryOf(curation, kind, name) ?? {};
  const isNamed = kinds[kind].key === "name";
  const fallback = isNamed ? publicName : `gw+${server.server.slug}:${name}`;
  const hasAlias = isNamed && alias !== undefined;
  const preferred = hasAlias ? toAliasName(server.server.slug, alias, naming) : ownName(definition, naming);
  return {
    server,
    definition,
    description,
    names: preferred === undefined ? [fallback] : [preferred, fallback],
    isVouchedFor: hasAlias || review === "approved",
  };
}

/** The name by which the server itself calls it, if the portal shows that and it can be shown. */
function ownName({ kind, name }: Offer["definition"], naming: Naming): string | undefined {
  if (kinds[kind].key !== "name") return likeGatewayUri.test(name) ? undefined : name;
  if (naming === "prefixed") return undefined;
  // People choose prompts; models never see their names.
  if (kind === "prompt") return name.length <= maxPublicNameLength ? name : undefined;
  return portableToolName.test(name) && !isReservedName(name) ? name : undefined;
}

/** Both the names that MCP allows (2025-11-25, tools, "Tool names") and what model providers take. */
const portableToolName = /^[A-Za-z0-9_.-]{1,64}$/;
/** No server has a URI, or a template of them, that a client could take for one that the house made. */
const likeGatewayUri = /^(gw\+|codemode:)/i;

function aliasNames(
  { server }: CatalogServer,
  curation: Curation,
  { naming }: PortalRules,
): Share["aliases"] {
  const of = (kind: CapabilityKind) =>
    new Map(
      Object.entries(kinds[kind].key === "name" ? curation.entries[kind] : {}).flatMap(
        ([name, { alias }]): [string, string][] =>
          alias === undefined ? [] : [[name, toAliasName(server.slug, alias, naming)]],
      ),
    );
  return {
    tool: of("tool"),
    prompt: of("prompt"),
    resource: of("resource"),
    resource_template: of("resource_template"),
  };
}

function createReadRule(
  offers: Share["offers"],
  withheld: readonly Withheld[],
  curation: Curation,
): Share["mayRead"] {
  const { mode } = curation;
  const listed = new Set(offers.resource.map(({ definition }) => definition.name));
  const namesOf = (kind: CapabilityKind, from: readonly { readonly definition: Definition }[]) =>
    from.filter(({ definition }) => definition.kind === kind).map(({ definition }) => definition.name);
  // What is switched off stays so where it is not listed, or not to whoever asks.
  const hasOff = (["resource", "resource_template"] as const).some(
    (kind) => switchedOff(curation, kind).length > 0,
  );
  // Most are never asked for what no list names, and the likenesses of ten thousand take time.
  const hiddenNames = (kind: "resource" | "resource_template") => [
    ...namesOf(kind, withheld),
    ...switchedOff(curation, kind),
  ];
  const hidden = once(() => new Set(hiddenNames("resource").map(likenessOfUri)));
  const templates = once(() => new Templates(namesOf("resource_template", offers.resource_template)));
  const hiddenTemplates = once(() => new Templates([...new Set(hiddenNames("resource_template"))]));
  return (uri, fit) => {
    if (listed.has(uri)) return true;
    if (withheld.length === 0 && mode === "all" && !hasOff) return true;
    if (hidden().has(likenessOfUri(uri))) return false;
    // As it is written, and as the server may read it: neither is to lead to what is withheld.
    const closest = fit ?? templates().fit(uri);
    const closestRead = templates().fitOfRead(uri);
    if (mode === "allowlist" && (closest === undefined || closestRead === undefined)) return false;
    return (
      isCloser(closest, hiddenTemplates().fit(uri)) && isCloser(closestRead, hiddenTemplates().fitOfRead(uri))
    );
  };
}

function switchedOff({ entries }: Curation, kind: CapabilityKind): string[] {
  return Object.entries(entries[kind]).flatMap(([name, { enabled }]) => (enabled === false ? [name] : []));
}

/** How closely the templates of one server fit a URI: by their literal characters, undefined where none does. */
class Templates {
  readonly #written: readonly UriPattern[];
  readonly #read: readonly UriPattern[];

  constructor(templates: readonly string[]) {
    this.#written = templates.map(parseUriTemplate);
    this.#read = templates.map(likenessOfPattern);
  }

  fit(uri: string): number | undefined {
    return closestFit(this.#written, uri);
  }

  fitOfRead(uri: string): number | undefined {
    return this.#read.length === 0 ? undefined : closestFit(this.#read, resolve(uri));
  }
}

function closestFit(patterns: readonly UriPattern[], uri: string): number | undefined {
  const fits = patterns.filter((pattern) => matchesUri(pattern, uri)).map(literalLength);
  return fits.length === 0 ? undefined : Math.max(...fits);
}

function isCloser(offered: number | undefined, hidden: number | undefined): boolean {
  return hidden === undefined || (offered !== undefined && offered > hidden);
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
