/**
 * The portals and the API as protected resources (RFC 8707, RFC 9728). A portal is reached at several addresses: by its
 * slug, at `/mcp` (the default one, and each at its own host). Clients compare the address that they use with the one
 * that its metadata name, so each address has metadata of its own; to the authorization server all of them are one.
 */
import { apiScope, portalScope, serverScope, takesPublic, type Challenge } from "@castellan/access";
import { isSlug } from "@castellan/kernel";
import type { OpenPortal } from "../portals/open-portal.ts";
import type { PortalDirectory } from "../portals/portal-directory.ts";
import { defaultPortalSlug } from "../portals/portal.ts";

export interface AddressesOptions {
  /** Where clients reach the installation: `https://mcp.example.com`. */
  readonly publicUrl: string;
  readonly directory: Pick<PortalDirectory, "find" | "findByHost">;
}

/** How a request came to a portal, or to what is told of one. */
export interface Place {
  /** The slug in the path; undefined: `/mcp`. */
  readonly named: string | undefined;
  /** The host name, of some portal's own, by which it came; undefined: by the installation's. */
  readonly ownHost: string | undefined;
  /** The `Host` header. It is looked at only where the installation is on this computer alone. */
  readonly host?: string | undefined;
}

export interface Addresses {
  /** The slug of the portal that is there, whether one is or not. */
  slugAt(place: Place): string;
  portalAt(place: Place): OpenPortal | undefined;
  /** The address itself, as a client writes it. */
  resourceAt(place: Place): string;
  /** What a refusal there says of how to come in; undefined where no portal can be. */
  challengeAt(place: Place): Challenge | undefined;
  /** The same for the API. */
  readonly api: Challenge & { readonly resource: string };
  /** Which resource an address is of: a portal's slug, the API, or none that is here. Query and trailing slash do not count. */
  find(address: URL): string | undefined;
  /** The one address of a portal that stands for all of them. */
  canonical(slug: string): string;
}

/** What `find` calls the API; no portal can have it for a slug. */
export const apiResource = "/api/v1";

const wellKnown = "/.well-known/oauth-protected-resource";
const apiPath = "/api/v1";
const loopback = /^(?:localhost|127\.0\.0\.1|\[::1\])$/;
/** Beyond so many it is said of all of them at once: headers have an end. */
const maxNamedServers = 16;

export function createAddresses({ publicUrl, directory }: AddressesOptions): Addresses {
  const home = new URL(publicUrl);

  function slugAt({ named, ownHost }: Place): string {
    const atHost = ownHost === undefined ? defaultPortalSlug : directory.findByHost(ownHost)?.portal.slug;
    return named ?? atHost ?? "";
  }

  function portalAt(place: Place): OpenPortal | undefined {
    const open = directory.find(slugAt(place));
    return open && isAt(open, place.ownHost) ? open : undefined;
  }

  function originAt({ ownHost, host }: Place): string {
    if (ownHost !== undefined) return `${home.protocol}//${ownHost}`;
    return host !== undefined && isSameComputer(home, `${home.protocol}//${host}`)
      ? `${home.protocol}//${host}`
      : home.origin;
  }

  return {
    slugAt,
    portalAt,
    resourceAt: (place) => originAt(place) + pathOf(place),
    challengeAt(place) {
      const slug = slugAt(place);
      // It is a stranger's text, and goes into a header.
      if (!isSlug(slug)) return undefined;
      const open = portalAt(place);
      const scopes = open ? readingScopes(open) : [portalScope(slug)];
      return { metadataUrl: originAt(place) + wellKnown + pathOf(place), scope: scopes.join(" ") };
    },
    api: {
      resource: home.origin + apiPath,
      metadataUrl: home.origin + wellKnown + apiPath,
      scope: apiScope,
    },
    find(address) {
      const path = address.pathname.replace(/\/+$/, "");
      const isHome = address.origin === home.origin || isSameComputer(home, address.origin);
      if (isHome && path === apiPath) return apiResource;
      const isOurs = isHome || address.protocol === home.protocol;
      const ownHost = isHome ? undefined : address.host;
      const [isPortal, named] = /^(?:\/p\/([^/]+))?\/mcp$/.exec(path) ?? [];
      return isOurs && isPortal !== undefined ? portalAt({ named, ownHost })?.portal.slug : undefined;
    },
    canonical: (slug) => `${home.origin}/p/${slug}/mcp`,
  };
}

/** At a portal's own host there is no other portal. */
export function isAt({ portal }: OpenPortal, ownHost: string | undefined): boolean {
  return ownHost === undefined || portal.hostname === ownHost;
}

/**
 * What a client asks for first: to come in and to read. Strangers are told of it, so only a portal that they know
 * anyway, being listed or public, names its servers here.
 */
export function readingScopes({ portal }: OpenPortal): string[] {
  const { slug, servers, isListed } = portal;
  const isKnown = isListed || takesPublic(portal);
  const isFew = isKnown && servers.length <= maxNamedServers && !servers.includes("portal");
  return [
    portalScope(slug),
    ...(isFew ? servers.map((server) => serverScope(server, "read")) : [portalScope(slug, "read")]),
  ];
}

function pathOf({ named }: Place): string {
  return named === undefined ? "/mcp" : `/p/${named}/mcp`;
}

/** `localhost` is as good as `127.0.0.1` to who is on that computer, and to nobody else. */
function isSameComputer(home: URL, origin: string): boolean {
  if (!loopback.test(home.hostname) || !URL.canParse(origin)) return false;
  const other = new URL(origin);
  return loopback.test(other.hostname) && other.port === home.port && other.protocol === home.protocol;
}
