import { defineRoute } from "../route.ts";
import { portalServerParams } from "./portal-fields.ts";
import { shownPortal, toShownPortal } from "./shown-portal.ts";

/** What the portal says of the server's offer goes with it. */
export const removePortalServer = defineRoute({
  id: "removePortalServer",
  method: "DELETE",
  path: "/portals/{slug}/servers/{server}",
  summary: "Take a server out of a portal; it stays registered",
  permission: "manage",
  isVersioned: true,
  errors: ["portal_not_found", "portal_server_not_listed"],
  params: portalServerParams,
  answer: shownPortal,
  handler: async ({ params, ifMatch }, { portals, changes, catalog }) => {
    const portal = await portals.removeServer(params.slug, params.server, ifMatch);
    await changes.flush();
    return toShownPortal(portal, catalog);
  },
});
