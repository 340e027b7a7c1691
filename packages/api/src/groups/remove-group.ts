import { z } from "zod";
import { id } from "../fields.ts";
import { defineRoute } from "../route.ts";

export const removeGroup = defineRoute({
  id: "removeGroup",
  method: "DELETE",
  path: "/groups/{id}",
  summary: "Remove a group, and the rules of portals that name it",
  permission: "manage",
  isVersioned: true,
  errors: ["group_not_found", "rule_refers"],
  params: z.strictObject({ id: id("group") }),
  handler: async ({ params, ifMatch }, { groups, changes }) => {
    await groups.remove(params.id, { ifMatch });
    await changes.flush();
  },
});
