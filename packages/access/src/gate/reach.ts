/** How far a principal comes at a portal. */
import { accessFaults } from "../faults.ts";
import type { Principal } from "../principal.ts";
import type { Rights } from "../rights.ts";
import { portalScope, rightsOfScopes, serverScope } from "../scopes.ts";
import type { ToolClass } from "../tool-class.ts";
import { rightsByRules, withinGate, type Gate } from "./access-rule.ts";

export interface Reach {
  /** What they may do themselves, and could give to a client: what is listed to them. Nothing: the portal is unknown to them. */
  readonly rights: Rights;
  /** What the credential that they sent lets them do now: never more than `rights`. */
  readonly granted: Rights;
  /** Whether that credential is for this portal at all. */
  readonly enters: boolean;
}

/** Each is asked for with every call, and both sides are replaced when they change. */
const known = new WeakMap<Gate, WeakMap<Principal, Reach>>();

export function reachOf(principal: Principal, gate: Gate): Reach {
  let ofGate = known.get(gate);
  if (!ofGate) known.set(gate, (ofGate = new WeakMap()));
  let reach = ofGate.get(principal);
  if (!reach) ofGate.set(principal, (reach = findReach(principal, gate)));
  return reach;
}

function findReach(principal: Principal, gate: Gate): Reach {
  const { scopes } = principal;
  const given = scopes && withinGate(gate, rightsOfScopes(scopes, gate.slug));
  const enters = scopes === undefined || scopes.includes(portalScope(gate.slug));
  // A program cannot ask for more: what it was given is what there is for it.
  if (principal.kind === "service") return { rights: given as Rights, granted: given as Rights, enters };
  const rights = rightsByRules(gate, principal);
  return { rights, granted: given ? rights.and(given) : rights, enters };
}

/** What a call is a use of. Without a class it needs no more than to enter. */
export interface Use {
  readonly server: string;
  readonly toolClass: ToolClass | undefined;
}

export function isGranted({ granted, enters }: Reach, { server, toolClass }: Use): boolean {
  return enters && (toolClass === undefined || granted.allows(server, toolClass));
}

/** The credential does less than its holder may: with these scopes it would do. */
export function insufficientScope(portal: string, use?: Use): Error {
  const more = use?.toolClass && serverScope(use.server, use.toolClass);
  const scope = [portalScope(portal), ...(more === undefined ? [] : [more])].join(" ");
  return accessFaults.fault(
    "insufficient_scope",
    `This needs the scope ${scope}, which the token does not have`,
    {
      data: { scope },
    },
  );
}
