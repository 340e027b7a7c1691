/**
 * How a caller has a portal: as far as their rights and the company's rules go, without the servers that they have switched off
 * for their client, and as the query of its address says. That is read anew with each request and nothing of it is kept, so a
 * session may be used with other options at any time.
 *
 * `optimize_context=minimize_tools|search_and_execute`, `codemode=search_and_execute`: see `ToolListing`; one of the two.
 * `servers=a,b`: this connection holds these servers of the portal only.
 * `sign_in=required`: nobody comes in without a token, also where the portal takes such callers.
 *
 * Other parameters are somebody else's, and ignored.
 */
import { insufficientScope, reachOf, type Principal, type Reach } from "@castellan/access";
import {
  differsByOwner,
  fitsServer,
  ownerOf,
  policyDenied,
  type CatalogServer,
  type OwnEntry,
  type PersonalLists,
  type PortalAddress,
} from "@castellan/calls";
import { kernelFaults } from "@castellan/kernel";
import type { Judge } from "@castellan/policy";
import type { ClientChoices } from "../choices/choices.ts";
import {
  narrow,
  narrowToPolicy,
  narrowToRights,
  withoutServers,
  type OpenPortal,
  type WholeOpenPortal,
} from "../portals/open-portal.ts";
import { ownPortal } from "../portals/own-portal.ts";
import { portalFaults } from "../faults.ts";
import type { Portal } from "../portals/portal.ts";
import { optimizedListings, type ToolListing } from "./tool-listing.ts";

/** Somebody, and what rules make of what they do from where they are. */
export interface Comer {
  readonly principal: Principal;
  readonly judge: Judge;
}

/** Somebody, with what they have chosen for the client that they come with. */
export interface Chooser extends Comer {
  /** Undefined: they have nothing to choose (a program, the public). */
  readonly choices: ClientChoices | undefined;
  /** Whether a server could ever be called for them, by how it is authorized; undefined: each could. */
  readonly isOpenTo?: ((server: CatalogServer) => boolean) | undefined;
  /** What servers list to them alone; absent: each lists the same to everybody. */
  readonly lists?: Pick<PersonalLists, "entryOf" | "emptyEntryOf"> | undefined;
}

/** Who looks at a portal, and at how much of it. */
export interface Viewer extends Chooser {
  /** Slugs of the servers that their connection holds, in the portal's order; undefined: all that they may use. */
  readonly narrowedTo: readonly string[] | undefined;
}

export interface Connection extends Viewer {
  /** The portal as this connection sees it: what is listed. */
  readonly open: OpenPortal;
  /** The same, with the servers that are switched off. */
  readonly choosable: OpenPortal;
  /** All that they may use from here, whichever part of it this connection has. */
  readonly usable: OpenPortal;
  /** With what rules hold back from here as well: who asks for that is refused with the reason. */
  readonly nameable: OpenPortal;
  readonly reach: Reach;
  readonly toolListing: ToolListing;
}

/**
 * Undefined for whoever may use nothing there, from anywhere. Throws `policy_denied` for whom rules keep out from here or at
 * this moment (`nowMs`: wall time), `insufficient_scope` for a token that is not for this portal, `codemode_forbidden`,
 * `invalid_input` naming the parameter. A server that is not in the portal, or not for the caller, is as one that is nowhere.
 */
export function connect(
  whole: WholeOpenPortal,
  { principal, judge, choices, isOpenTo, lists }: Chooser,
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
  const toolListing = toolListingIn(option, whole.portal);
  requiresSignIn(option);
  const narrowedTo = serversIn(option, given, judge);
  const viewer: Viewer = { principal, judge, choices, isOpenTo, lists, narrowedTo };
  const theirs = asTheirs(whole, given, viewer);
  const choosable = choosableBy(theirs, viewer);
  return {
    ...viewer,
    open: withoutOff(choosable, viewer),
    choosable,
    usable: narrowedTo ? narrowToPolicy(theirs, judge) : choosable,
    nameable: withoutOff(asked(theirs, viewer), viewer),
    reach,
    toolListing,
  };
}

/** The portal of another moment as a viewer sees it; undefined when they may use nothing there any more. */
export function seenBy(whole: WholeOpenPortal, viewer: Viewer): OpenPortal | undefined {
  const given = givenTo(whole, viewer.principal);
  return given && withoutOff(choosableBy(asTheirs(whole, given, viewer), viewer), viewer);
}

/** The same array for the same servers. */
const differing = new WeakMap<readonly CatalogServer[], readonly CatalogServer[]>();

/**
 * What is given to them, with what its servers list to them alone. Nobody asks a server in their name that they could not use
 * from here, now: of such a server nothing is theirs.
 */
function asTheirs(whole: WholeOpenPortal, given: OpenPortal, viewer: Viewer): OpenPortal {
  const { lists, principal } = viewer;
  const servers = differing.get(whole.servers) ?? whole.servers.filter(differsByOwner);
  differing.set(whole.servers, servers);
  if (!lists || servers.length === 0) return given;
  const owner = ownerOf(principal, whole.portal.slug);
  const used = new Set(withoutOff(choosableBy(given, viewer), viewer).portal.serverIds);
  const entries = servers.flatMap((server): [string, OwnEntry][] => {
    const { id } = server.server;
    const entry = used.has(id) ? lists.entryOf(server, owner) : lists.emptyEntryOf(server, owner);
    return entry ? [[id, entry]] : [];
  });
  return givenTo(ownPortal(whole, new Map(entries)), principal) ?? given;
}

function choosableBy(given: OpenPortal, viewer: Viewer): OpenPortal {
  return narrowToPolicy(withoutClosed(asked(given, viewer), viewer), viewer.judge);
}

/** What nobody like them can call is not offered to them; who names it is told why. */
function withoutClosed(open: OpenPortal, { isOpenTo }: Chooser): OpenPortal {
  if (!isOpenTo) return open;
  const closed = open.servers.filter((server) => !isOpenTo(server));
  return withoutServers(open, new Set(closed.map(({ server }) => server.id)));
}

function asked(given: OpenPortal, { narrowedTo }: Viewer): OpenPortal {
  return narrowedTo ? narrow(given, narrowedTo) : given;
}

function withoutOff(open: OpenPortal, { choices }: Chooser): OpenPortal {
  return choices ? withoutServers(open, choices.offAt(open.portal.id)) : open;
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

/** What cannot be had as it was asked for is refused, and nothing else given in its place. */
function toolListingIn(option: PortalAddress["option"], { slug, codeMode }: Portal): ToolListing {
  const optimized = optimizedIn(option);
  const isCodeAsked = asksForCode(option);
  if (isCodeAsked && codeMode === "forbidden")
    throw portalFaults.fault(
      "codemode_forbidden",
      `The portal ${JSON.stringify(slug)} does not allow Code Mode: leave codemode out of the address`,
      { field: "codemode" },
    );
  if (!isCodeAsked && codeMode !== "forced") return optimized ?? "full";
  if (optimized === undefined) return "code";
  const why = isCodeAsked
    ? "cannot be given with codemode"
    : "is of no use: this portal is in Code Mode for everybody";
  throw invalid("optimize_context", why);
}

function optimizedIn(option: PortalAddress["option"]): ToolListing | undefined {
  const value = only(option, "optimize_context");
  const found = optimizedListings.find((listing) => listing === value);
  if (value === undefined || found) return found;
  throw invalid("optimize_context", 'must be "minimize_tools" or "search_and_execute"');
}

function asksForCode(option: PortalAddress["option"]): boolean {
  const value = only(option, "codemode");
  if (value === undefined || value === "search_and_execute") return value !== undefined;
  throw invalid("codemode", 'must be "search_and_execute"');
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
