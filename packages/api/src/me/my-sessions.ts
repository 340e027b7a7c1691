import { z } from "zod";
import { id } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { sessionList, toShownSession } from "../sessions/shown-session.ts";
import { notYours, personOf } from "./person.ts";

export const listMySessions = defineRoute({
  id: "listMySessions",
  method: "GET",
  path: "/me/sessions",
  summary: "List the browsers that you are signed in with, last used first, at most 200",
  permission: "use",
  answer: sessionList,
  handler: async ({ principal }, { signInSessions }) => {
    const userId = personOf(principal);
    return { items: userId ? (await signInSessions.list(userId)).map(toShownSession) : [] };
  },
});

export const endMySession = defineRoute({
  id: "endMySession",
  method: "DELETE",
  path: "/me/sessions/{id}",
  summary: "Sign one of your browsers out, and end what you allowed to clients in it",
  permission: "use",
  errors: ["sign_in_not_found"],
  params: z.strictObject({ id: id("signIn") }),
  handler: async ({ params, principal }, { signInSessions, changes }) => {
    const userId = personOf(principal);
    if (!userId) throw notYours("sign_in_not_found");
    await signInSessions.end(params.id, { userId });
    await changes.flush();
  },
});
