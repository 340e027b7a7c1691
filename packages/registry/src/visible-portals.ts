import { reachOf, type Principal } from "@castellan/access";
import type { Judge } from "@castellan/policy";
import { narrowToPolicy, narrowToRights, type OpenPortal } from "@castellan/portal";

/** Somebody with a token, and what rules make of what they do at a portal (by slug) from where they are. */
export interface TokenHolder {
  readonly principal: Principal;
  readonly judgeAt: (portal: string) => Judge | Promise<Judge>;
  /** Wall time, milliseconds since the epoch. */
  readonly nowMs: number;
}

/**
 * The portals that a caller is told of, by slug: those that its token is for and rules let it into, with what it may use
 * there from where it is; without a token those that are listed.
 */
export async function visiblePortals(
  portals: Iterable<OpenPortal>,
  holder: TokenHolder | undefined,
): Promise<readonly OpenPortal[]> {
  const seen = await Promise.all([...portals].map((open) => seenBy(open, holder)));
  return seen
    .filter((open) => open !== undefined)
    .toSorted((a, b) => (a.portal.slug < b.portal.slug ? -1 : 1));
}

async function seenBy(open: OpenPortal, holder: TokenHolder | undefined): Promise<OpenPortal | undefined> {
  if (holder === undefined) return open.portal.isListed ? open : undefined;
  const { rights, enters } = reachOf(holder.principal, open.portal);
  if (!enters || rights.isNone) return undefined;
  const { slug } = open.portal;
  const judge = await holder.judgeAt(slug);
  if (judge.enter(slug, holder.nowMs).outcome === "deny") return undefined;
  return narrowToPolicy(narrowToRights(open, rights), judge);
}
