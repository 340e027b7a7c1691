import { isFault } from "@castellan/kernel";
import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { shownPortal, toShownPortal } from "./shown-portal.ts";

/** Putting a server where it is already changes nothing (RFC 9110 §9.2.2). Throws `portal_not_found`, `server_unknown`. */
export const addPortalServer = defineRoute({
  method: "PUT",
  path: "/portals/{slug}/servers/{server}",
  summary: "Offer a server in a portal, after those that are there",
  role: "admin",
  params: z.strictObject({ slug, server: slug }),
  answer: shownPortal,
  handler: async ({ params }, { portals, changes }) => {
    try {
      await portals.addServer(params.slug, params.server);
    } catch (error) {
      if (!isFault(error, "portal_server_listed")) throw error;
    }
    await changes.flush();
    return toShownPortal(await portals.get(params.slug));
  },
});
