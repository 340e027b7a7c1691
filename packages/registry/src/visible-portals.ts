import { reachOf, type Principal } from "@castellan/access";
import { narrowToRights, type OpenPortal } from "@castellan/portal";

/**
 * The portals that a caller is told of, by slug: those that its token is for, with what it may use there; without a token
 * those that are listed.
 */
export function visiblePortals(
  portals: Iterable<OpenPortal>,
  principal: Principal | undefined,
): readonly OpenPortal[] {
  return [...portals]
    .flatMap((open) => seenBy(open, principal) ?? [])
    .toSorted((a, b) => (a.portal.slug < b.portal.slug ? -1 : 1));
}

function seenBy(open: OpenPortal, principal: Principal | undefined): OpenPortal | undefined {
  if (principal === undefined) return open.portal.isListed ? open : undefined;
  const { rights, enters } = reachOf(principal, open.portal);
  return enters && !rights.isNone ? narrowToRights(open, rights) : undefined;
}
