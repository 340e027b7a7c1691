import { z } from "zod";
import { id } from "../fields.ts";
import { defineRoute } from "../route.ts";

/** Ending it twice is ending it once. */
export const endSession = defineRoute({
  id: "endSession",
  method: "DELETE",
  path: "/sessions/{id}",
  summary: "Sign a browser out, and end what was allowed to clients in it",
  permission: "manage",
  errors: ["sign_in_not_found"],
  params: z.strictObject({ id: id("signIn") }),
  handler: async ({ params }, { signInSessions, changes }) => {
    await signInSessions.end(params.id);
    await changes.flush();
  },
});
