/**
 * What a portal offers to callers of either era, made piece by piece: a share for each server, names for each kind,
 * texts for each list. Each piece is made when it is first asked for, and one offering grows out of the one before, so
 * that another catalog entry of one server costs what that server offers, not what the portal does.
 */
import type { CapabilityKind, Era } from "@castellan/mcp";
import type { CatalogServer } from "./catalog.ts";
import { everything, type Curation } from "./curation.ts";
import { capabilityKinds } from "./definition.ts";
import { areNamedAlike, nameOffers, type OfferNames } from "./offer-names.ts";
import { routeResources, type ResourceRoutes } from "./resource-routes.ts";
import { OfferingScope, type OfferingParts, type Scope } from "./scope.ts";
import { shareOf, type PortalRules, type Share } from "./share.ts";

export interface OfferingOptions {
  /** In the portal's order. */
  readonly servers: readonly CatalogServer[];
  readonly naming: PortalRules["naming"];
  /** Kinds that are offered although nobody has approved them. Default: none. */
  readonly autoAccept?: PortalRules["autoAccept"];
  /** By server id; absent: everything as it is. */
  readonly curations?: ReadonlyMap<string, Curation>;
}

export interface Offering {
  /** All its servers, those included that nobody can speak to. */
  readonly servers: readonly CatalogServer[];
  scope(era: Era): Scope;
  /** The share of the server in this place. */
  share(slot: number): Share | undefined;
  /** The same with another catalog entry of the server in this place. */
  withServer(slot: number, server: CatalogServer): Offering;
}

export function createOffering(options: OfferingOptions): Offering {
  const rules: PortalRules = { naming: options.naming, autoAccept: options.autoAccept ?? [] };
  return new GrownOffering(options.servers, rules, options.curations ?? new Map());
}

/** The offering to callers of one era, where no other is asked for. */
export function createScope({ era, ...options }: OfferingOptions & { readonly era: Era }): Scope {
  return createOffering(options).scope(era);
}

/** What does not change is taken over from the offering that it grew out of. */
class GrownOffering implements Offering, OfferingParts {
  readonly servers: readonly CatalogServer[];
  readonly #rules: PortalRules;
  readonly #curations: ReadonlyMap<string, Curation>;
  readonly #names: Map<CapabilityKind, OfferNames>;
  readonly #scopes = new Map<Era, Scope>();
  #shares: readonly Share[] | undefined;
  #routes: ResourceRoutes | undefined;

  constructor(
    servers: readonly CatalogServer[],
    rules: PortalRules,
    curations: ReadonlyMap<string, Curation>,
    kept: {
      shares?: readonly Share[] | undefined;
      names?: Map<CapabilityKind, OfferNames>;
      routes?: ResourceRoutes | undefined;
    } = {},
  ) {
    this.servers = servers;
    this.#rules = rules;
    this.#curations = curations;
    this.#shares = kept.shares;
    this.#names = kept.names ?? new Map();
    this.#routes = kept.routes;
  }

  scope(era: Era): Scope {
    const known = this.#scopes.get(era) ?? new OfferingScope(era, this);
    this.#scopes.set(era, known);
    return known;
  }

  share(slot: number): Share | undefined {
    const server = this.servers[slot];
    return server && (this.#shares?.[slot] ?? this.#shareOf(server));
  }

  get shares(): readonly Share[] {
    this.#shares ??= this.servers.map((server) => this.#shareOf(server));
    return this.#shares;
  }

  get autoAccept(): PortalRules["autoAccept"] {
    return this.#rules.autoAccept;
  }

  names(kind: CapabilityKind): OfferNames {
    const known = this.#names.get(kind) ?? nameOffers(kind, this.#rules.naming, this.shares);
    this.#names.set(kind, known);
    return known;
  }

  get routes(): ResourceRoutes {
    this.#routes ??= routeResources(this.names("resource"), this.names("resource_template"), this.shares);
    return this.#routes;
  }

  withServer(slot: number, server: CatalogServer): Offering {
    const servers = this.servers.with(slot, server);
    const [before, after] = [this.share(slot), this.#shareOf(server)];
    const kept = new Set(capabilityKinds.filter((kind) => before && areNamedAlike(kind, before, after)));
    const hasSameUris = kept.has("resource") && kept.has("resource_template");
    return new GrownOffering(servers, this.#rules, this.#curations, {
      shares: this.#shares?.with(slot, after),
      names: new Map([...this.#names].filter(([kind]) => kept.has(kind))),
      routes: hasSameUris ? this.#routes : undefined,
    });
  }

  #shareOf(server: CatalogServer): Share {
    return shareOf(server, this.#curations.get(server.server.id) ?? everything, this.#rules);
  }
}
