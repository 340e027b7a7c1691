import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { shownPortal, toShownPortal } from "./shown-portal.ts";

/** Throws `portal_not_found`, `portal_server_not_listed`. */
export const removePortalServer = defineRoute({
  method: "DELETE",
  path: "/portals/{slug}/servers/{server}",
  summary: "Take a server out of a portal; it stays registered",
  role: "admin",
  params: z.strictObject({ slug, server: slug }),
  answer: shownPortal,
  handler: async ({ params }, { portals, changes }) => {
    const portal = await portals.removeServer(params.slug, params.server);
    await changes.flush();
    return toShownPortal(portal);
  },
});
