import { mayEnter, type Principal } from "@castellan/access";
import type { OpenPortal } from "@castellan/portal";

/** The portals that a caller is told of, by slug: those that it was given; without a token those that are listed. */
export function visiblePortals(
  portals: Iterable<OpenPortal>,
  principal: Principal | undefined,
): readonly OpenPortal[] {
  const isVisible = ({ portal }: OpenPortal) =>
    principal === undefined ? portal.isListed : mayEnter(principal, portal.slug);
  return [...portals].filter(isVisible).toSorted((a, b) => (a.portal.slug < b.portal.slug ? -1 : 1));
}
