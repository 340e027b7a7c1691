import { defineRoute } from "../route.ts";
import { curationPatch, toCurationPatch } from "./curation-fields.ts";
import { portalServerParams } from "./portal-fields.ts";
import { shownPortal, toShownPortal } from "./shown-portal.ts";

/** Names need not be of what the server lists now: an entry waits for its name, and stays when that goes. */
export const changePortalServer = defineRoute({
  id: "changePortalServer",
  method: "PATCH",
  path: "/portals/{slug}/servers/{server}",
  summary: "Switch what a server offers on or off in a portal, or call or describe it otherwise",
  permission: "manage",
  isVersioned: true,
  errors: ["portal_not_found", "portal_server_not_listed", "alias_taken"],
  params: portalServerParams,
  body: curationPatch,
  answer: shownPortal,
  handler: async ({ params, body, ifMatch }, { portals, changes, catalog }) => {
    const patch = toCurationPatch(body);
    const portal = await portals.changeCuration(params.slug, params.server, patch, ifMatch);
    await changes.flush();
    return toShownPortal(portal, catalog);
  },
});
