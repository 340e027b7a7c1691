import { z } from "zod";
import { searchText } from "../fields.ts";
import { pageOf, pageQuery, toPage } from "../paging.ts";
import { directory } from "../people/user-fields.ts";
import { defineRoute } from "../route.ts";
import { shownGroup, toShownGroup } from "./shown-group.ts";

export const listGroups = defineRoute({
  id: "listGroups",
  method: "GET",
  path: "/groups",
  summary: "List the groups by directory and name",
  permission: "read",
  query: z.strictObject({
    ...pageQuery,
    directory: directory.optional(),
    q: searchText.optional().meta({ description: "Text in name or description" }),
  }),
  answer: pageOf(shownGroup),
  handler: async ({ query: { cursor: after, ...filter } }, { groups }) =>
    toPage(await groups.page({ ...filter, after }), toShownGroup),
});
