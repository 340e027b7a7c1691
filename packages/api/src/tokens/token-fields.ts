/** What a token may do, as an admin says it. */
import { parseScope, scopeRule, toolClasses, type HoldNamed } from "@castellan/access";
import { callFaults, holdServers } from "@castellan/calls";
import { holdPortals, portalFaults } from "@castellan/portal";
import { z } from "zod";
import { slug } from "../fields.ts";

export const scopeFields = {
  scopes: z
    .array(z.string().refine((text) => parseScope(text) !== undefined, `must be ${scopeRule}`))
    .max(1000)
    .describe(`What it may do at portals: ${scopeRule}`),
  portals: z.array(slug).max(500).describe("In short: whole portals, at which it may do what `allow` says"),
  allow: z
    .array(z.enum(toolClasses))
    .max(toolClasses.length)
    .describe("Kinds of tools at these portals; absent: reading only"),
};

interface Asked {
  readonly scopes?: readonly string[] | undefined;
  readonly portals?: readonly string[] | undefined;
  readonly allow?: readonly string[] | undefined;
}

/** `allow` says something of portals, and nothing without them. */
export function isAllowedOfPortals({ allow, portals }: Asked): boolean {
  return allow === undefined || portals !== undefined;
}

export const allowRule = { path: ["allow"], message: "is about portals, and none is named" };

/**
 * A token for a portal or server that somebody makes later would be a surprise to whoever makes it: what it names is
 * there, and stays at least until the token is written. Throws `portal_not_found`, `server_unknown` naming the entry.
 */
export function holdAsked({ scopes = [], portals = [] }: Asked): HoldNamed {
  return async (tx, named) => {
    const [knownPortals, knownServers] = [
      await holdPortals(tx, named.portals),
      await holdServers(tx, named.servers),
    ];
    for (const [at, slug] of portals.entries())
      if (!knownPortals.has(slug)) throw portalNotFound(slug, `portals[${at}]`);
    for (const [at, text] of scopes.entries()) {
      const scope = parseScope(text);
      if (scope?.kind === "portal" && !knownPortals.has(scope.portal))
        throw portalNotFound(scope.portal, `scopes[${at}]`);
      if (scope?.kind === "server" && !knownServers.has(scope.server))
        throw callFaults.fault("server_unknown", `There is no server "${scope.server}"`, {
          field: `scopes[${at}]`,
        });
    }
  };
}

function portalNotFound(slugOfIt: string, field: string): Error {
  return portalFaults.fault("portal_not_found", `There is no portal "${slugOfIt}"`, { field });
}
