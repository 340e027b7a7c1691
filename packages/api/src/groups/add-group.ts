import { z } from "zod";
import { directory } from "../people/user-fields.ts";
import { defineRoute } from "../route.ts";
import { groupFields, shownGroup, toShownGroup } from "./shown-group.ts";

export const addGroup = defineRoute({
  id: "addGroup",
  method: "POST",
  path: "/groups",
  summary: "Make a group; groups that providers name are made by themselves",
  permission: "manage",
  errors: ["group_name_taken"],
  status: 201,
  isVersioned: true,
  takesIdempotencyKey: true,
  body: z
    .strictObject({
      directory: directory.default("workforce"),
      name: groupFields.name,
      description: groupFields.description.default(""),
    })
    .meta({ id: "NewGroup" }),
  answer: shownGroup,
  handler: async ({ body }, { groups, changes }) => {
    const group = await groups.add(body);
    await changes.flush();
    return toShownGroup(group);
  },
});
