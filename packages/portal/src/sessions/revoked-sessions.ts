/** A caller that may not come in any more leaves no session behind. */
import { findStanding, reachOf, usersOfGrants, type Caller, type Gate } from "@castellan/access";
import type { Queryable } from "@castellan/database";
import type { SessionsToEnd, SessionStore } from "./session-store.ts";

/** Whom something has changed about: these principals and clients, whoever gave these grants; without either: anybody. */
export type Changed =
  | { readonly callerIds: readonly string[] }
  | { readonly grantIds: readonly string[] }
  | "all";

/** Ends the sessions of these callers at portals that they were taken away from. */
export async function endRevoked(
  {
    database,
    sessions,
    gateOf,
    end,
  }: {
    database: Queryable;
    sessions: Pick<SessionStore, "callers">;
    gateOf: (portal: string) => Gate | undefined;
    end: (which: SessionsToEnd) => Promise<void>;
  },
  changed: Changed,
): Promise<void> {
  const held = await sessions.callers(await callersIn(database, changed));
  for (const [, at] of Map.groupBy(held, keyOf)) {
    const [caller] = at;
    if (!caller) continue;
    const notAt = await portalsLeft(
      database,
      caller,
      at.map(({ portal }) => portal),
      gateOf,
    );
    if (notAt.length < at.length) await end({ caller, notAt });
  }
}

async function callersIn(database: Queryable, changed: Changed): Promise<readonly string[] | undefined> {
  if (changed === "all") return undefined;
  return "callerIds" in changed ? changed.callerIds : usersOfGrants(database, changed.grantIds);
}

/** Those of the portals that they may still enter. */
async function portalsLeft(
  database: Queryable,
  caller: Caller,
  portals: readonly string[],
  gateOf: (portal: string) => Gate | undefined,
): Promise<readonly string[]> {
  // Whoever comes without a token was never given anything.
  if (caller.principalId.startsWith("public:")) return portals;
  const standing = await findStanding(database, caller);
  if (!standing) return [];
  // What a trusted issuer says of a person is in its token: what is known here is not all that lets them in.
  if (standing.kind === "user" && caller.clientId === undefined) return portals;
  return portals.filter((slug) => {
    const gate = gateOf(slug);
    if (!gate) return false;
    const { rights, enters } = reachOf(standing, gate);
    return enters && !rights.isNone;
  });
}

function keyOf({ principalId, clientId }: Caller): string {
  return JSON.stringify([principalId, clientId]);
}
