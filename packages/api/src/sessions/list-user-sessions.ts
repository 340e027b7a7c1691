import { z } from "zod";
import { id } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { sessionList, toShownSession } from "./shown-session.ts";

export const listUserSessions = defineRoute({
  id: "listUserSessions",
  method: "GET",
  path: "/users/{id}/sessions",
  summary: "List the browsers that a person is signed in with, last used first, at most 200",
  permission: "read",
  errors: ["user_not_found"],
  params: z.strictObject({ id: id("user") }),
  answer: sessionList,
  handler: async ({ params }, { people, signInSessions }) => {
    const { id: userId } = await people.get(params.id);
    return { items: (await signInSessions.list(userId)).map(toShownSession) };
  },
});
