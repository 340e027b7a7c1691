import { userStatuses } from "@castellan/access";
import { z } from "zod";
import { id } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { shownUser, toShownUser } from "./shown-user.ts";
import { userFields } from "./user-fields.ts";

const userChange = z
  .strictObject({
    ...z.strictObject(userFields).partial().shape,
    status: z.enum(userStatuses).optional().meta({
      description: "`suspended`: all of their sessions and grants end at once",
    }),
  })
  .refine((change) => Object.keys(change).length > 0, "must name something to change")
  .meta({ id: "UserChange" });

/** What is absent stays. */
export const changeUser = defineRoute({
  id: "changeUser",
  method: "PATCH",
  path: "/users/{id}",
  summary: "Change or suspend a person; only an owner changes owners and admins, or makes them",
  permission: "manage",
  isVersioned: true,
  errors: ["user_not_found", "email_taken", "group_not_found", "last_owner"],
  params: z.strictObject({ id: id("user") }),
  body: userChange,
  answer: shownUser,
  handler: async ({ params, body, principal, ifMatch }, { people, changes }) => {
    const user = await people.change(params.id, body, { by: principal.role, ifMatch });
    await changes.flush();
    return toShownUser(user);
  },
});
