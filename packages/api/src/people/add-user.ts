import { z } from "zod";
import { defineRoute } from "../route.ts";
import { shownUser, toShownUser } from "./shown-user.ts";
import { directory, userFields } from "./user-fields.ts";

const { email, name, role, groups } = userFields;

/** They cannot come in by this alone: by a provider that vouches for the address, or by an invitation. */
export const addUser = defineRoute({
  id: "addUser",
  method: "POST",
  path: "/users",
  summary: "Add a person; only an owner adds owners and admins",
  permission: "manage",
  errors: ["email_taken", "group_not_found"],
  status: 201,
  isVersioned: true,
  takesIdempotencyKey: true,
  body: z
    .strictObject({
      directory: directory.default("workforce"),
      email,
      name,
      role: role.default("member"),
      groups: groups.default([]),
    })
    .meta({ id: "NewUser" }),
  answer: shownUser,
  handler: async ({ body, principal }, { people, changes }) => {
    const user = await people.add(body, { by: principal.role });
    await changes.flush();
    return toShownUser(user);
  },
});
