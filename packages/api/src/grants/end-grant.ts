import { endGrant as end } from "@castellan/access";
import { z } from "zod";
import { id } from "../fields.ts";
import { defineRoute } from "../route.ts";

/** Ending it twice is ending it once. */
export const endGrant = defineRoute({
  id: "endGrant",
  method: "DELETE",
  path: "/grants/{id}",
  summary: "End what a client was allowed, with all of its tokens",
  permission: "manage",
  errors: ["grant_not_found"],
  params: z.strictObject({ id: id("grant") }),
  handler: async ({ params }, { database, changes, clock }) => {
    await end(database, params.id, { now: new Date(clock.now()) });
    await changes.flush();
  },
});
