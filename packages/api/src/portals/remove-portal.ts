import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";

/** Throws `portal_not_found`. */
export const removePortal = defineRoute({
  method: "DELETE",
  path: "/portals/{slug}",
  summary: "Remove a portal; its servers stay registered",
  role: "admin",
  params: z.strictObject({ slug }),
  handler: async ({ params }, { portals, changes }) => {
    await portals.remove(params.slug);
    await changes.flush();
  },
});
