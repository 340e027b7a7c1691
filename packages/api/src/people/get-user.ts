import { z } from "zod";
import { id } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { shownUser, toShownUser } from "./shown-user.ts";

export const getUser = defineRoute({
  id: "getUser",
  method: "GET",
  path: "/users/{id}",
  summary: "Show a person",
  permission: "read",
  isVersioned: true,
  errors: ["user_not_found"],
  params: z.strictObject({ id: id("user") }),
  answer: shownUser,
  handler: async ({ params }, { people }) => toShownUser(await people.get(params.id)),
});
