import { z } from "zod";
import { defineRoute } from "../route.ts";
import { curationFields, toCuration } from "./curation-fields.ts";
import { portalServerParams } from "./portal-fields.ts";
import { shownPortal, toShownPortal } from "./shown-portal.ts";

/**
 * With a body the portal makes exactly this of what the server offers. Without one, putting a server where it is
 * already changes nothing (RFC 9110 §9.2.2).
 */
export const addPortalServer = defineRoute({
  id: "addPortalServer",
  method: "PUT",
  path: "/portals/{slug}/servers/{server}",
  summary: "Offer a server in a portal, after those that are there, or say anew what of it is offered",
  permission: "manage",
  isVersioned: true,
  errors: ["portal_not_found", "server_unknown", "alias_taken"],
  params: portalServerParams,
  body: z.strictObject(curationFields).optional(),
  answer: shownPortal,
  handler: async ({ params, body, ifMatch }, { portals, changes, catalog }) => {
    const curation = body && toCuration(body);
    const portal = await portals.putServer(params.slug, params.server, curation, ifMatch);
    await changes.flush();
    return toShownPortal(portal, catalog);
  },
});
