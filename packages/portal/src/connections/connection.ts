/**
 * How a caller has a portal: as the query of its address says. It is read anew with each request and nothing of
 * it is kept, so a session may be used with other options at any time.
 *
 * `optimize_context=minimize_tools|search_and_execute`: see `ToolListing`.
 * `servers=a,b`: this connection holds these servers of the portal only.
 *
 * Other parameters are somebody else's, and ignored.
 */
import type { PortalAddress } from "@castellan/calls";
import { kernelFaults } from "@castellan/kernel";
import { narrow, type OpenPortal } from "../portals/open-portal.ts";
import { toolListings, type ToolListing } from "./tool-listing.ts";

export interface Connection {
  /** The portal as this connection sees it. */
  readonly open: OpenPortal;
  readonly toolListing: ToolListing;
  /** Slugs of the servers that it holds, in the portal's order; undefined: all of them. */
  readonly narrowedTo: readonly string[] | undefined;
}

/** Throws `invalid_input` naming the parameter. A server that is not in the portal is as one that is nowhere. */
export function connect(open: OpenPortal, option: PortalAddress["option"]): Connection {
  const toolListing = toolListingIn(option);
  const narrowedTo = serversIn(option, open);
  return { open: seenBy(open, narrowedTo), toolListing, narrowedTo };
}

/** The portal of another moment as a connection sees it that was narrowed to these servers. */
export function seenBy(open: OpenPortal, narrowedTo: Connection["narrowedTo"]): OpenPortal {
  return narrowedTo ? narrow(open, narrowedTo) : open;
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
