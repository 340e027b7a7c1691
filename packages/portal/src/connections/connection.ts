/**
 * How a caller has a portal: as far as their rights and the company's rules go, and as the query of its address says. It is read anew with each
 * request and nothing of it is kept, so a session may be used with other options at any time.
 *
 * `optimize_context=minimize_tools|search_and_execute`: see `ToolListing`.
 * `servers=a,b`: this connection holds these servers of the portal only.
 * `sign_in=required`: nobody comes in without a token, also where the portal takes such callers.
 *
 * Other parameters are somebody else's, and ignored.
 */
import { insufficientScope, reachOf, type Principal, type Reach } from "@castellan/access";
import { fitsServer, policyDenied, type CatalogServer, type PortalAddress } from "@castellan/calls";
import { kernelFaults } from "@castellan/kernel";
import type { Judge } from "@castellan/policy";
import { narrow, narrowToPolicy, narrowToRights, type OpenPortal } from "../portals/open-portal.ts";
import { toolListings, type ToolListing } from "./tool-listing.ts";

/** Somebody, and what rules make of what they do from where they are. */
export interface Comer {
  readonly principal: Principal;
  readonly judge: Judge;
}

/** Who looks at a portal, and at how much of it. */
export interface Viewer extends Comer {
  /** Slugs of the servers that their connection holds, in the portal's order; undefined: all that they may use. */
  readonly narrowedTo: readonly string[] | undefined;
}

export interface Connection extends Viewer {
  /** The portal as this connection sees it: what is listed. */
  readonly open: OpenPortal;
  /** With what rules hold back from here as well: who asks for that is refused with the reason. */
  readonly nameable: OpenPortal;
  readonly reach: Reach;
  readonly toolListing: ToolListing;
}

/**
 * Undefined for whoever may use nothing there, from anywhere. Throws `policy_denied` for whom rules keep out from here or at
 * this moment (`nowMs`: wall time), `insufficient_scope` for a token that is not for this portal, `invalid_input` naming the
 * parameter. A server that is not in the portal, or not for the caller, is as one that is
 * nowhere.
 */
export function connect(
  whole: OpenPortal,
  { principal, judge }: Comer,
  option: PortalAddress["option"],
  nowMs: number,
): Connection | undefined {
  const given = givenTo(whole, principal);
  if (!given) return undefined;
  const { slug } = whole.portal;
  const entry = judge.enter(slug, nowMs);
  if (entry.outcome === "deny") {
    if (!given.servers.some((server) => isKnown(server, slug, judge))) return undefined;
    throw policyDenied(entry, `the portal ${JSON.stringify(slug)}`);
  }
  const reach = reachOf(principal, whole.portal);
  if (!reach.enters) throw insufficientScope(slug);
  const toolListing = toolListingIn(option);
  requiresSignIn(option);
  const narrowedTo = serversIn(option, given, judge);
  const nameable = narrowedTo ? narrow(given, narrowedTo) : given;
  const open = narrowToPolicy(nameable, judge);
  return { open, nameable, reach, toolListing, principal, judge, narrowedTo };
}

/** The portal of another moment as a viewer sees it; undefined when they may use nothing there any more. */
export function seenBy(whole: OpenPortal, { principal, judge, narrowedTo }: Viewer): OpenPortal | undefined {
  const given = givenTo(whole, principal);
  return given && narrowToPolicy(narrowedTo ? narrow(given, narrowedTo) : given, judge);
}

/** Whether they could get through to anything at the server, from somewhere. */
function isKnown(server: CatalogServer, portal: string, judge: Judge): boolean {
  return fitsServer(server, portal, (place) => judge.isKnown(place));
}

function givenTo(whole: OpenPortal, principal: Principal): OpenPortal | undefined {
  const { rights } = reachOf(principal, whole.portal);
  return rights.isNone ? undefined : narrowToRights(whole, rights);
}

/** Whether the address wants nobody without a token. Throws `invalid_input`. */
export function requiresSignIn(option: PortalAddress["option"]): boolean {
  const value = only(option, "sign_in");
  if (value === undefined || value === "required") return value !== undefined;
  throw invalid("sign_in", 'must be "required"');
}

function toolListingIn(option: PortalAddress["option"]): ToolListing {
  const value = only(option, "optimize_context");
  if (value === undefined) return "full";
  const found = toolListings.find((listing) => listing !== "full" && listing === value);
  if (found) return found;
  throw invalid("optimize_context", 'must be "minimize_tools" or "search_and_execute"');
}

function serversIn(
  option: PortalAddress["option"],
  { portal, servers }: OpenPortal,
  judge: Judge,
): Connection["narrowedTo"] {
  const value = only(option, "servers");
  if (value === undefined) return undefined;
  const named = new Set(value.split(","));
  const hidden = servers.filter((server) => !isKnown(server, portal.slug, judge));
  const isThere = (slug: string) =>
    portal.servers.includes(slug) && !hidden.some(({ server }) => server.slug === slug);
  const unknown = [...named].find((slug) => !isThere(slug));
  if (unknown !== undefined)
    throw invalid(
      "servers",
      `names ${JSON.stringify(unknown.slice(0, 64))}, which is no server of this portal`,
    );
  return portal.servers.filter((slug) => named.has(slug));
}

/** Of two values one reader would take the first, another the last. */
function only(option: PortalAddress["option"], name: string): string | undefined {
  const [value, second] = option(name);
  if (second !== undefined) throw invalid(name, "is given more than once");
  return value;
}

function invalid(field: string, problem: string) {
  return kernelFaults.fault("invalid_input", `${field} ${problem}`, { field });
}
