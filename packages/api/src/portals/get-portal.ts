import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { shownPortal, toShownPortal } from "./shown-portal.ts";

/** Throws `portal_not_found`. */
export const getPortal = defineRoute({
  method: "GET",
  path: "/portals/{slug}",
  summary: "Show a portal",
  role: "admin",
  params: z.strictObject({ slug }),
  answer: shownPortal,
  handler: async ({ params }, { portals }) => toShownPortal(await portals.get(params.slug)),
});
