/** What resources name of each other must be there afterwards. */
import { groupWho, parseScope } from "@castellan/access";
import { callFaults } from "@castellan/calls";
import { portalFaults, type Portal } from "@castellan/portal";
import type { ConfigurationDocument, PortalEntry } from "../document/document.ts";
import { configurationFaults } from "../faults.ts";
import { groupKey } from "../kinds/group-kind.ts";
import type { Present } from "../present.ts";
import { removed, type PlainStep, type PortalStep, type ServerStep } from "./steps.ts";

type NamingPortal = Pick<PortalEntry | Portal, "directory" | "access" | "trustedIssuers">;

/** Throws `resource_in_use`: a portal that stays does not lose a group or an issuer on the way. */
export function assertNamedFree(
  document: ConfigurationDocument,
  present: Present,
  { plain, portals }: { plain: readonly PlainStep[]; portals: readonly PortalStep[] },
): void {
  const gone = removed(portals);
  const staying = new Map<string, NamingPortal>([
    ...[...present.portals].filter(([slug]) => !gone.has(slug)),
    ...Object.entries(document.portals),
  ]);
  for (const step of plain)
    for (const [slug, portal] of staying)
      if (step.action === "remove" && isNamed(step, portal))
        throw configurationFaults.fault(
          "resource_in_use",
          `${step.kind.replace("_", " ")} "${step.slug}" is to be pruned, and portal "${slug}" names it`,
          { field: `portals.${slug}`, data: { kind: step.kind, name: step.slug, portal: slug } },
        );
}

function isNamed({ kind, slug }: PlainStep, { directory, access, trustedIssuers }: NamingPortal): boolean {
  if (kind === "trusted_issuer") return trustedIssuers.some((issuer) => issuer === slug);
  const [, name = ""] = /^\w+ (.*)$/s.exec(slug) ?? [];
  return (
    kind === "group" &&
    slug === groupKey({ directory, name }) &&
    access.some(({ who }) => who === groupWho(name))
  );
}

/**
 * A right to a portal or server that somebody makes later would be a surprise to whoever makes it. Throws
 * `portal_not_found`, `server_unknown` naming the scope.
 */
export function assertScopesThere(
  document: ConfigurationDocument,
  present: Present,
  { servers, portals }: { servers: readonly ServerStep[]; portals: readonly PortalStep[] },
): void {
  const isThere = (slug: string, kind: "servers" | "portals", gone: ReadonlySet<string>) =>
    Object.hasOwn(document[kind], slug) || (present[kind].has(slug) && !gone.has(slug));
  const [goneServers, gonePortals] = [removed(servers), removed(portals)];
  for (const [id, { scopes }] of Object.entries(document.clients))
    for (const [index, text] of scopes.entries()) {
      const scope = parseScope(text);
      const field = `clients.${id}.scopes[${index}]`;
      if (scope?.kind === "portal" && !isThere(scope.portal, "portals", gonePortals))
        throw portalFaults.fault("portal_not_found", `There is no portal "${scope.portal}"`, { field });
      if (scope?.kind === "server" && !isThere(scope.server, "servers", goneServers))
        throw callFaults.fault("server_unknown", `There is no server "${scope.server}"`, { field });
    }
}
