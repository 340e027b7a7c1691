import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { shownPortal, toShownPortal } from "./shown-portal.ts";

export const getPortal = defineRoute({
  id: "getPortal",
  method: "GET",
  path: "/portals/{slug}",
  summary: "Show a portal",
  permission: "build",
  isVersioned: true,
  errors: ["portal_not_found"],
  params: z.strictObject({ slug }),
  answer: shownPortal,
  handler: async ({ params }, { portals, catalog }) => toShownPortal(await portals.get(params.slug), catalog),
});
