/** Whom the requests of a caller are made for. */
import type { Principal } from "@castellan/access";
import type { Owner } from "@castellan/credentials";

/** A principal is replaced when anything about it changes, and so is its owner: what is kept for one goes with it. */
const known = new WeakMap<Principal, Map<string, Owner>>();

/** The same object for the same principal and portal (slug). */
export function ownerOf(principal: Principal, portal: string): Owner {
  const atPortals = known.get(principal) ?? new Map<string, Owner>();
  known.set(principal, atPortals);
  const owner = atPortals.get(portal) ?? toOwner(principal, portal);
  atPortals.set(portal, owner);
  return owner;
}

function toOwner(principal: Principal, portal: string): Owner {
  switch (principal.kind) {
    case "user": {
      const { id, name, email, groups, clientId: client } = principal;
      return { kind: "person", id, name, email, groups, client, portal };
    }
    case "service":
      return { kind: "program", id: principal.id, name: principal.name, portal };
    case "public":
      return { kind: "public", portal };
  }
}
