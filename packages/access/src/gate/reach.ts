/** How far a principal comes at a portal. */
import type { Principal } from "../principal.ts";
import { Rights } from "../rights.ts";
import { rightsOfScopes } from "../scopes.ts";
import { rightsByRules, type Gate } from "./access-rule.ts";

export interface Reach {
  /** What they may do themselves, and could give to a client: what is listed to them. Nothing: the portal is unknown to them. */
  readonly rights: Rights;
  /** What the credential that they sent lets them do now: never more than `rights`. */
  readonly granted: Rights;
}

export function reachOf(principal: Principal, gate: Gate): Reach {
  if (principal.kind === "service") {
    // A program cannot ask for more: what it was given is what there is for it.
    const given = rightsOfScopes(principal.scopes, gate.slug);
    return { rights: given, granted: given };
  }
  const rights = rightsByRules(gate, principal);
  if (principal.scopes === undefined) return { rights, granted: rights };
  return { rights, granted: rights.and(rightsOfScopes(principal.scopes, gate.slug)) };
}
