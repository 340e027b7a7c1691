import { z } from "zod";
import { id } from "../fields.ts";
import { defineRoute } from "../route.ts";

const face = {
  path: "/groups/{id}/members/{user}",
  permission: "manage",
  errors: ["group_not_found", "user_not_found"],
  params: z.strictObject({ id: id("group"), user: id("user") }),
} as const;

export const addGroupMember = defineRoute({
  ...face,
  id: "addGroupMember",
  method: "PUT",
  summary: "Put a person of its directory into a group",
  answer: z.object({ group: z.string(), user: z.string() }).meta({ id: "Membership" }),
  handler: async ({ params }, { groups, changes }) => {
    await groups.addMember(params.id, params.user);
    await changes.flush();
    return { group: params.id, user: params.user };
  },
});

export const removeGroupMember = defineRoute({
  ...face,
  id: "removeGroupMember",
  method: "DELETE",
  summary:
    "Take a person out of a group; a provider that says they are in it puts them back when they next sign in",
  handler: async ({ params }, { groups, changes }) => {
    await groups.removeMember(params.id, params.user);
    await changes.flush();
  },
});
