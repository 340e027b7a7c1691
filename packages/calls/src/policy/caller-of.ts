/** A principal as rules look at it. */
import type { Principal, PublicPrincipal } from "@castellan/access";
import type { Caller } from "@castellan/policy";

/** A principal is replaced when anything about it changes, and so is its caller: what was worked out for it is kept with it. */
const known = new WeakMap<Principal, Caller>();

export function callerOf(principal: Principal): Caller {
  if (principal.kind === "public") return ofPublic(principal);
  let caller = known.get(principal);
  if (!caller) known.set(principal, (caller = toCaller(principal)));
  return caller;
}

/** Whoever comes without a token is made anew with every request; all that is to be known of them is their id. */
const ofTheirId = new Map<string, Caller>();
const maxPublic = 1_024;

function ofPublic(principal: PublicPrincipal): Caller {
  const caller = ofTheirId.get(principal.id) ?? toCaller(principal);
  // The one that was asked for last goes last.
  ofTheirId.delete(principal.id);
  ofTheirId.set(principal.id, caller);
  const [oldest] = ofTheirId.keys();
  if (ofTheirId.size > maxPublic && oldest !== undefined) ofTheirId.delete(oldest);
  return caller;
}

function toCaller(principal: Principal): Caller {
  const { kind, id, name } = principal;
  if (principal.kind === "user") {
    const { email, groups, provider, amr, provedAtMs, claims, clientId } = principal;
    return { kind, id, name, email, groups, provider, amr, provedAtMs, claims, clientId };
  }
  return {
    kind,
    id,
    name,
    email: undefined,
    groups: [],
    provider: undefined,
    amr: [],
    provedAtMs: undefined,
    claims: {},
    // A client with credentials of its own calls for itself.
    clientId: id.startsWith("cli_") ? id : undefined,
  };
}
