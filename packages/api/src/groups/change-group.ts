import { z } from "zod";
import { id } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { groupFields, shownGroup, toShownGroup } from "./shown-group.ts";

const groupChange = z
  .strictObject(groupFields)
  .partial()
  .refine((change) => Object.keys(change).length > 0, "must name something to change")
  .meta({ id: "GroupChange" });

export const changeGroup = defineRoute({
  id: "changeGroup",
  method: "PATCH",
  path: "/groups/{id}",
  summary: "Change a group; rules of portals that name it follow",
  permission: "manage",
  isVersioned: true,
  errors: ["group_not_found", "group_name_taken", "rule_refers"],
  params: z.strictObject({ id: id("group") }),
  body: groupChange,
  answer: shownGroup,
  handler: async ({ params, body, ifMatch }, { groups, changes }) => {
    const group = await groups.change(params.id, body, { ifMatch });
    await changes.flush();
    return toShownGroup(group);
  },
});
