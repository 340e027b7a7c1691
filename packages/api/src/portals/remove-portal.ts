import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";

export const removePortal = defineRoute({
  id: "removePortal",
  method: "DELETE",
  path: "/portals/{slug}",
  summary: "Remove a portal; its servers stay registered",
  permission: "manage",
  isVersioned: true,
  errors: ["portal_not_found", "rule_refers"],
  params: z.strictObject({ slug }),
  handler: async ({ params, ifMatch }, { portals, changes }) => {
    await portals.remove(params.slug, ifMatch);
    await changes.flush();
  },
});
