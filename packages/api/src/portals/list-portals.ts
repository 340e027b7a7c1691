import { z } from "zod";
import { defineRoute } from "../route.ts";
import { shownPortal, toShownPortal } from "./shown-portal.ts";

export const listPortals = defineRoute({
  method: "GET",
  path: "/portals",
  summary: "List the portals by slug",
  role: "admin",
  query: z.strictObject({}),
  answer: z.object({ items: z.array(shownPortal) }),
  handler: async (_request, { portals }) => ({ items: (await portals.list()).map(toShownPortal) }),
});
