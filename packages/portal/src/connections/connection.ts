/**
 * How a caller has a portal: as far as their rights go, and as the query of its address says. It is read anew with each
 * request and nothing of it is kept, so a session may be used with other options at any time.
 *
 * `optimize_context=minimize_tools|search_and_execute`: see `ToolListing`.
 * `servers=a,b`: this connection holds these servers of the portal only.
 * `sign_in=required`: nobody comes in without a token, also where the portal takes such callers.
 *
 * Other parameters are somebody else's, and ignored.
 */
import { insufficientScope, reachOf, type Principal, type Reach } from "@castellan/access";
import type { PortalAddress } from "@castellan/calls";
import { kernelFaults } from "@castellan/kernel";
import { narrow, narrowToRights, type OpenPortal } from "../portals/open-portal.ts";
import { toolListings, type ToolListing } from "./tool-listing.ts";

/** Who looks at a portal, and at how much of it. */
export interface Viewer {
  readonly principal: Principal;
  /** Slugs of the servers that their connection holds, in the portal's order; undefined: all that they may use. */
  readonly narrowedTo: readonly string[] | undefined;
}

export interface Connection extends Viewer {
  /** The portal as this connection sees it. */
  readonly open: OpenPortal;
  readonly reach: Reach;
  readonly toolListing: ToolListing;
}

/**
 * Undefined for whoever may use nothing there. Throws `insufficient_scope` for a token that is not for this portal,
 * `invalid_input` naming the parameter. A server that is not in the portal, or not for the caller, is as one that is
 * nowhere.
 */
export function connect(
  whole: OpenPortal,
  principal: Principal,
  option: PortalAddress["option"],
): Connection | undefined {
  const given = givenTo(whole, principal);
  if (!given) return undefined;
  const reach = reachOf(principal, whole.portal);
  if (!reach.enters) throw insufficientScope(whole.portal.slug);
  const toolListing = toolListingIn(option);
  requiresSignIn(option);
  const narrowedTo = serversIn(option, given);
  const open = narrowedTo ? narrow(given, narrowedTo) : given;
  return { open, reach, toolListing, principal, narrowedTo };
}

/** The portal of another moment as a viewer sees it; undefined when they may use nothing there any more. */
export function seenBy(whole: OpenPortal, { principal, narrowedTo }: Viewer): OpenPortal | undefined {
  const given = givenTo(whole, principal);
  return given && narrowedTo ? narrow(given, narrowedTo) : given;
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

function serversIn(option: PortalAddress["option"], { portal }: OpenPortal): Connection["narrowedTo"] {
  const value = only(option, "servers");
  if (value === undefined) return undefined;
  const named = new Set(value.split(","));
  const unknown = [...named].find((slug) => !portal.servers.includes(slug));
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
