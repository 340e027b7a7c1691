/** What a client of an admin's names must be there, and be reachable. */
import { parseScope } from "@castellan/access";
import { callFaults, type ServerStore } from "@castellan/calls";
import { portalFaults, type PortalStore } from "@castellan/portal";
import type { Outbound } from "@castellan/web";

interface Named {
  readonly scopes?: readonly string[] | undefined;
  readonly jwksUri?: string | undefined;
}

/**
 * A right to a portal or server that somebody makes later would be a surprise to whoever makes it. The keys of a client
 * are fetched from the public Internet only.
 *
 * Throws `portal_not_found`, `server_unknown` naming the scope, `outbound_refused`.
 */
export async function assertReachable(
  { scopes = [], jwksUri }: Named,
  {
    portals,
    servers,
    outbound,
  }: { portals: PortalStore; servers: ServerStore; outbound: Pick<Outbound, "check"> },
): Promise<void> {
  if (jwksUri !== undefined) outbound.check(jwksUri, { allowPrivate: [] }, "jwksUri");
  for (const [index, text] of scopes.entries()) {
    const scope = parseScope(text);
    const field = `scopes[${index}]`;
    if (scope?.kind === "portal" && !(await portals.find(scope.portal)))
      throw portalFaults.fault("portal_not_found", `There is no portal "${scope.portal}"`, { field });
    if (scope?.kind === "server" && !(await servers.find(scope.server)))
      throw callFaults.fault("server_unknown", `There is no server "${scope.server}"`, { field });
  }
}
