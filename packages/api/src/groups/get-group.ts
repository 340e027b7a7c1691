import { z } from "zod";
import { id } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { shownGroup, toShownGroup } from "./shown-group.ts";

export const getGroup = defineRoute({
  id: "getGroup",
  method: "GET",
  path: "/groups/{id}",
  summary: "Show a group",
  permission: "read",
  isVersioned: true,
  errors: ["group_not_found"],
  params: z.strictObject({ id: id("group") }),
  answer: shownGroup,
  handler: async ({ params }, { groups }) => toShownGroup(await groups.get(params.id)),
});
