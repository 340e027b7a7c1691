import { z } from "zod";
import { searchText, slug } from "../fields.ts";
import { pageOf, pageQuery, toPage } from "../paging.ts";
import { defineRoute } from "../route.ts";
import { shownPortal, toShownPortal } from "./shown-portal.ts";

export const listPortals = defineRoute({
  id: "listPortals",
  method: "GET",
  path: "/portals",
  summary: "List the portals by slug",
  permission: "build",
  query: z.strictObject({
    ...pageQuery,
    q: searchText.optional().meta({ description: "Text in slug or title" }),
    server: slug.optional().meta({ description: "Portals that offer this server" }),
  }),
  answer: pageOf(shownPortal),
  handler: async ({ query }, { portals, catalog }) => {
    const { q, server, cursor: after, limit } = query;
    const page = await portals.page({ q, server, after, limit });
    return toPage(page, (portal) => toShownPortal(portal, catalog));
  },
});
