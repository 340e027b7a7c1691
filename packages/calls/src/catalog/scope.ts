/**
 * What one portal offers to callers of one era: names on the outside, servers of either era behind them.
 * Never changes: a portal has another one after each change.
 */
import type { CapabilityKind, Era, ParamHeader } from "@castellan/mcp";
import type { CatalogServer } from "./catalog.ts";
import type { CodeTools } from "./code-tools.ts";
import { isLive, type ToolClass } from "./definition.ts";
import { offerHeaders, offerText } from "./offer-text.ts";
import type { OfferNames, Spot } from "./offer-names.ts";
import { toolUris, withPublicUris } from "./public-uris.ts";
import type { ResourceRoutes } from "./resource-routes.ts";
import { upstreamEra, type Offer, type PortalRules, type Share, type Withheld } from "./share.ts";

/** One thing on offer, and where it is to be had. */
export interface Capability {
  /** `task`: one that the server works on; `server`: a method that only the server knows. */
  readonly kind: CapabilityKind | "task" | "server";
  readonly server: CatalogServer;
  /** What the server calls it. For a resource outside of every list: its URI. */
  readonly name: string;
  readonly publicName: string;
  /** What a use of it may do. Undefined: it is the caller's own already. */
  readonly class: ToolClass | undefined;
  /** The era in which the server is spoken to: the caller's if it speaks it, else its own. */
  readonly upstreamEra: Era;
  /** Arguments that must travel as headers as well on each hop of the modern era (tools). */
  readonly paramHeaders: readonly ParamHeader[];
}

/** What a portal offers to whoever may use that class. */
export interface OfferedCapability extends Capability {
  readonly class: ToolClass;
}

/** One line of a list. */
export interface ScopeEntry {
  readonly publicName: string;
  /** The definition as it is shown, made when it is first asked for: thousands of them at once would hold up everybody else. */
  readonly text: string;
  readonly server: CatalogServer;
  /** What the server calls it. */
  readonly name: string;
  readonly class: ToolClass;
}

export interface Scope {
  readonly era: Era;
  /** The servers that take part, in the portal's order. */
  readonly servers: readonly CatalogServer[];
  /** The definitions of a kind as they are shown, in an order that stays the same. */
  list(kind: CapabilityKind): readonly string[];
  /** The same with what is behind each. */
  entries(kind: CapabilityKind): readonly ScopeEntry[];
  /**
   * The portal's own tools over APIs of which something is offered: where tools are listed they stand in the place of those of their
   * server. Nothing else has their names.
   */
  readonly codeTools: readonly CodeTools[];
  /** What its servers list and callers do not get, each with the reason. */
  withheld(kind: CapabilityKind): readonly Withheld[];
  /** The capability of this public name; for a resource also one that fits a template. */
  find(kind: CapabilityKind, publicName: string): OfferedCapability | undefined;
  /** Whether callers are offered what is of this class at the server; of a tool, by the server's name, whether it is. */
  allows(server: CatalogServer, toolClass: ToolClass, tool?: string): boolean;
  /** What the server tells models about itself (a JSON string), if that may be told. */
  instructions(server: CatalogServer): string | undefined;
  /**
   * The URI under which callers know a server's resource. What another server would be asked for by the same
   * URI is named after this one: a server speaks of its own resources only.
   */
  publicUri(server: CatalogServer, uri: string): string;
  /** Whether callers may know any of the server's resources under another URI than it does. */
  movesUris(server: CatalogServer): boolean;
}

/** What a scope is made of. */
export interface OfferingParts {
  readonly servers: readonly CatalogServer[];
  readonly shares: readonly Share[];
  readonly autoAccept: PortalRules["autoAccept"];
  readonly routes: ResourceRoutes;
  names(kind: CapabilityKind): OfferNames;
}

export class OfferingScope implements Scope {
  readonly era: Era;
  readonly #parts: OfferingParts;
  readonly #entries = new Map<CapabilityKind, readonly ScopeEntry[]>();
  readonly #lists = new Map<CapabilityKind, readonly string[]>();
  #servers: readonly CatalogServer[] | undefined;
  #codeTools: readonly CodeTools[] | undefined;
  #slots: ReadonlyMap<string, number> | undefined;

  constructor(era: Era, parts: OfferingParts) {
    this.era = era;
    this.#parts = parts;
  }

  get servers(): readonly CatalogServer[] {
    this.#servers ??= this.#parts.servers.filter((server) => upstreamEra(server, this.era) !== undefined);
    return this.#servers;
  }

  list(kind: CapabilityKind): readonly string[] {
    const known = this.#lists.get(kind) ?? this.entries(kind).map(({ text }) => text);
    this.#lists.set(kind, known);
    return known;
  }

  entries(kind: CapabilityKind): readonly ScopeEntry[] {
    const known =
      this.#entries.get(kind) ??
      [...this.#parts.names(kind).spots].flatMap(([publicName, spot]) => this.#entry(kind, publicName, spot));
    this.#entries.set(kind, known);
    return known;
  }

  get codeTools(): readonly CodeTools[] {
    this.#codeTools ??= this.#makeCodeTools();
    return this.#codeTools;
  }

  withheld(kind: CapabilityKind): readonly Withheld[] {
    const { shares } = this.#parts;
    const { spots, shadows } = this.#parts.names(kind);
    const unsound = [...spots.values()].filter((spot) => !this.#isHeard(this.#offer(kind, spot)));
    return [
      ...shares.flatMap((share) => share.withheld.filter(({ definition }) => definition.kind === kind)),
      ...this.#because("name_of_another", kind, shadows),
      ...this.#because("headers_unsound", kind, unsound),
    ];
  }

  find(kind: CapabilityKind, publicName: string): OfferedCapability | undefined {
    if (kind === "resource") return this.#findResource(publicName);
    const spot = this.#parts.names(kind).spots.get(publicName);
    const offer = spot && this.#offer(kind, spot);
    const paramHeaders = offer && offerHeaders(offer, this.era);
    return (
      offer &&
      paramHeaders &&
      this.#capability(offer.server, {
        kind,
        name: offer.definition.name,
        publicName,
        class: offer.definition.class,
        paramHeaders,
      })
    );
  }

  allows(): boolean {
    return true;
  }

  instructions(server: CatalogServer): string | undefined {
    const spoken = upstreamEra(server, this.era);
    return server.definitions.find(
      (one) => one.kind === "instructions" && one.name === spoken && isLive(one, this.#parts.autoAccept),
    )?.text;
  }

  publicUri(server: CatalogServer, uri: string): string {
    const slot = this.#slotOf(server);
    return slot === undefined ? uri : this.#parts.routes.toPublic({ slot, uri }, this.#parts.shares);
  }

  movesUris(server: CatalogServer): boolean {
    const slot = this.#slotOf(server);
    return slot !== undefined && this.#parts.routes.moves(slot);
  }

  #makeCodeTools(): readonly CodeTools[] {
    const { codeTools } = this.#parts.names("tool");
    if (codeTools.size === 0) return [];
    const offering = new Set(this.entries("tool").map(({ server }) => server));
    return [...codeTools].flatMap(([slot, names]) => {
      const server = this.#parts.servers[slot];
      return server && offering.has(server) ? [{ server, names }] : [];
    });
  }

  #findResource(publicName: string): OfferedCapability | undefined {
    const { routes, shares, servers } = this.#parts;
    const found = routes.find(publicName, shares);
    const server = found && servers[found.slot];
    return (
      server &&
      this.#capability(server, {
        kind: "resource",
        name: found.uri,
        publicName,
        class: "read",
        paramHeaders: [],
      })
    );
  }

  #capability(
    server: CatalogServer,
    of: Pick<OfferedCapability, "kind" | "name" | "publicName" | "class" | "paramHeaders">,
  ): OfferedCapability {
    return { ...of, server, upstreamEra: upstreamEra(server, this.era) ?? this.era };
  }

  #entry(kind: CapabilityKind, publicName: string, spot: Spot): ScopeEntry[] {
    const offer = this.#offer(kind, spot);
    if (!this.#isHeard(offer)) return [];
    const { server, definition } = offer;
    const show = () => {
      const { text, mayNamePage } = offerText(offer, publicName, this.era);
      return mayNamePage ? withPublicUris(text, toolUris, (uri) => this.publicUri(server, uri)) : text;
    };
    let shown: string | undefined;
    return [
      {
        publicName,
        server,
        name: definition.name,
        class: definition.class,
        get text() {
          return (shown ??= show());
        },
      },
    ];
  }

  #offer(kind: CapabilityKind, { slot, at }: Spot): Offer {
    // Names are those of these shares, or of shares that are named alike.
    return this.#parts.shares[slot]?.offers[kind][at] as Offer;
  }

  #isHeard(offer: Offer): boolean {
    return offerHeaders(offer, this.era) !== undefined;
  }

  #because(reason: Withheld["reason"], kind: CapabilityKind, spots: readonly Spot[]): Withheld[] {
    return spots.map((spot) => {
      const { server, definition } = this.#offer(kind, spot);
      return { server, definition, reason };
    });
  }

  #slotOf({ server }: CatalogServer): number | undefined {
    this.#slots ??= new Map(this.#parts.servers.map((one, slot) => [one.server.id, slot]));
    return this.#slots.get(server.id);
  }
}
