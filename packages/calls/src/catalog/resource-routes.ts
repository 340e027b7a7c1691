/** Which server of a portal a URI leads to, and what callers know a server's resources by. */
import type { OfferNames, Spot } from "./offer-names.ts";
import type { Share } from "./share.ts";
import { literalLength, matchesUri, parseUriTemplate, type UriPattern } from "./uri-template.ts";

/** A resource at one of the portal's servers, under the server's own URI. */
export interface ResourceRoute {
  readonly slot: number;
  readonly uri: string;
}

/** Made of names only, so that it stays right as long as these do; shares come with each question. */
export interface ResourceRoutes {
  /** Undefined for what nobody has, and for what is withheld. */
  find(uri: string, shares: readonly Share[]): ResourceRoute | undefined;
  /**
   * The URI under which callers know the resource of the server in this place. What another server would be asked
   * for by the same URI is named after this one: a server speaks of its own resources only.
   */
  toPublic(route: ResourceRoute, shares: readonly Share[]): string;
  /** Whether callers may know any resource of the server in this place under another URI than it does. */
  moves(slot: number): boolean;
}

const gatewayUri = /^gw\+([a-z0-9-]+):/;

export function routeResources(
  resources: OfferNames,
  templates: OfferNames,
  shares: readonly Share[],
): ResourceRoutes {
  const slotBySlug = new Map(shares.map(({ server }, slot) => [server.server.slug as string, slot]));
  const moved = movedUris(resources, shares);
  const patterns = templatePatterns(templates);
  const holders = [
    ...new Set([...resources.spots.values(), ...templates.spots.values()].map(({ slot }) => slot)),
  ];

  /** A URI that no list names: of the server that it names, whose template it fits, or the only one with resources. */
  function findUnlisted(uri: string, now: readonly Share[]): ResourceRoute | undefined {
    const [prefix, slug] = gatewayUri.exec(uri) ?? [];
    const named = slug === undefined ? undefined : slotBySlug.get(slug);
    if (prefix !== undefined && named !== undefined) return readable(named, uri.slice(prefix.length));
    const fitting = patterns.find(({ pattern }) => matchesUri(pattern, uri));
    if (fitting) return readable(fitting.spot.slot, uri, literalLength(fitting.pattern));
    const [only, ...others] = holders;
    return only === undefined || others.length > 0 ? undefined : readable(only, uri);

    function readable(slot: number, own: string, fit?: number): ResourceRoute | undefined {
      return now[slot]?.mayRead(own, fit) ? { slot, uri: own } : undefined;
    }
  }

  function find(uri: string, now: readonly Share[]): ResourceRoute | undefined {
    const spot = resources.spots.get(uri);
    const listed = spot && now[spot.slot]?.offers.resource[spot.at];
    return spot && listed ? { slot: spot.slot, uri: listed.definition.name } : findUnlisted(uri, now);
  }

  return {
    find,
    toPublic({ slot, uri }, now) {
      const known = moved.get(slot)?.get(uri);
      if (known !== undefined) return known;
      const slug = now[slot]?.server.server.slug;
      // What is on the web a client fetches there (2025-11-25, resources, "Common URI Schemes").
      const isOnTheWeb = /^https?:/i.test(uri);
      const found = isOnTheWeb ? undefined : find(uri, now);
      return found === undefined || found.slot === slot ? uri : `gw+${slug ?? ""}:${uri}`;
    },
    moves: (slot) => moved.has(slot) || holders.some((holder) => holder !== slot),
  };
}

/** The resources that callers know under another URI than their server does, by the server's place. */
function movedUris(
  { spots }: OfferNames,
  shares: readonly Share[],
): ReadonlyMap<number, ReadonlyMap<string, string>> {
  const moved = new Map<number, Map<string, string>>();
  for (const [publicName, { slot, at }] of spots) {
    const name = shares[slot]?.offers.resource[at]?.definition.name;
    if (name === undefined || name === publicName) continue;
    const uris = moved.get(slot) ?? new Map<string, string>();
    moved.set(slot, uris.set(name, publicName));
  }
  return moved;
}

/** The closest fit first. */
function templatePatterns({ spots }: OfferNames): readonly { pattern: UriPattern; spot: Spot }[] {
  return [...spots]
    .map(([publicName, spot]) => ({ pattern: parseUriTemplate(publicName), spot }))
    .toSorted((a, b) => literalLength(b.pattern) - literalLength(a.pattern));
}
