import { z } from "zod";
import { id } from "../fields.ts";
import { defineRoute } from "../route.ts";

export const removeUser = defineRoute({
  id: "removeUser",
  method: "DELETE",
  path: "/users/{id}",
  summary: "Remove a person with all that they have here; only an owner removes owners and admins",
  permission: "manage",
  isVersioned: true,
  errors: ["user_not_found", "last_owner"],
  params: z.strictObject({ id: id("user") }),
  handler: async ({ params, principal, ifMatch }, { people, changes }) => {
    await people.remove(params.id, { by: principal.role, ifMatch });
    await changes.flush();
  },
});
