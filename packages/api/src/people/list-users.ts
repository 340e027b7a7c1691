import { roles, userStatuses } from "@castellan/access";
import { z } from "zod";
import { printable, searchText } from "../fields.ts";
import { pageOf, pageQuery, toPage } from "../paging.ts";
import { defineRoute } from "../route.ts";
import { shownUser, toShownUser } from "./shown-user.ts";
import { directory } from "./user-fields.ts";

export const listUsers = defineRoute({
  id: "listUsers",
  method: "GET",
  path: "/users",
  summary: "List the people by directory and e-mail address; all filters must match",
  permission: "read",
  query: z.strictObject({
    ...pageQuery,
    directory: directory.optional(),
    role: z.enum(roles).optional(),
    status: z.enum(userStatuses).optional(),
    group: printable(128).optional().meta({ description: "The name of a group that they are in" }),
    q: searchText.optional().meta({ description: "Text in address or name" }),
  }),
  answer: pageOf(shownUser),
  handler: async ({ query: { cursor: after, ...filter } }, { people }) =>
    toPage(await people.page({ ...filter, after }), toShownUser),
});
