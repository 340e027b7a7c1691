/**
 * What tokens may be for: each portal, and the HTTP API. Each has one canonical name (RFC 8707 §2); all other addresses
 * that reach it are aliases of that, so that a client which came by another one gets a token for the same place.
 */
import type { PortalForConsent, Portals, Target } from "../ports.ts";

/** In the place of a resource while nobody has said which portal it is to be. No client gets a token for it. */
export const unsettled = "urn:castellan:portal-to-choose";

export interface Targets {
  /** Of a resource as a client wrote it; undefined for what is none of ours, or carries a fragment. */
  byResource(resource: string): Target | undefined;
  bySlug(slug: string): Target | undefined;
  /** The canonical resource. */
  resourceOf(target: Target): string;
  /** The canonical resource of a portal, there or not, or (undefined) of the API. */
  resource(portal: string | undefined): string;
}

/** @param publicUrl without a slash at its end */
export function createTargets(publicUrl: string, portals: Pick<Portals, "find" | "findByResource">): Targets {
  const resource = (portal: string | undefined) =>
    portal === undefined ? `${publicUrl}/api/v1` : `${publicUrl}/p/${portal}/mcp`;
  return {
    byResource: (text) => {
      const url = plainUrl(text);
      const found = url && portals.findByResource(url);
      if (found === "api") return { kind: "api" };
      return found && toTarget(found);
    },
    bySlug: (slug) => {
      const portal = portals.find(slug);
      return portal && toTarget(portal);
    },
    resourceOf: (target) => resource(target.kind === "api" ? undefined : target.portal.slug),
    resource,
  };
}

function toTarget(portal: PortalForConsent): Target {
  return { kind: "portal", portal };
}

/** Without query and the slashes at the end; scheme and host in lower case. */
function plainUrl(text: string): URL | undefined {
  const url = URL.parse(text);
  // A fragment is not allowed (RFC 8707 §2), credentials name nothing.
  if (url === null || url.href.includes("#") || url.username !== "" || url.password !== "") return undefined;
  url.search = "";
  url.pathname = url.pathname.replace(/\/+$/, "");
  return url;
}
