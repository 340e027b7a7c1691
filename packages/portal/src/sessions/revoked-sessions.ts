/** A caller that may not come in any more leaves no session behind. */
import { getToken, portalsOf } from "@castellan/access";
import type { Queryable } from "@castellan/database";
import { isFault, isId } from "@castellan/kernel";
import type { SessionsToEnd, SessionStore } from "./session-store.ts";

/** Ends the sessions of these callers (of all: "all") at portals that they were taken away from. */
export async function endRevoked(
  {
    database,
    sessions,
    end,
  }: {
    database: Queryable;
    sessions: Pick<SessionStore, "principals">;
    end: (which: SessionsToEnd) => Promise<void>;
  },
  principalIds: readonly string[] | "all",
): Promise<void> {
  const held = await sessions.principals(principalIds === "all" ? undefined : principalIds);
  for (const [principalId, at] of Map.groupBy(held, (one) => one.principalId)) {
    const given = await portalsGiven(database, principalId);
    if (at.some(({ portal }) => !given.includes(portal))) await end({ principalId, notAt: given });
  }
}

/** None for a token that was revoked, or never was. */
async function portalsGiven(database: Queryable, tokenId: string): Promise<readonly string[]> {
  if (!isId("token", tokenId)) return [];
  try {
    const { revokedAtMs, scopes } = await getToken(database, tokenId);
    return revokedAtMs === undefined ? portalsOf(scopes) : [];
  } catch (error) {
    if (isFault(error, "token_not_found")) return [];
    throw error;
  }
}
