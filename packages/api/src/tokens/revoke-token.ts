import { revokeToken as endToken } from "@castellan/access";
import { z } from "zod";
import { id } from "../fields.ts";
import { defineRoute } from "../route.ts";

/** Revoking it twice is revoking it once. Throws `token_not_found`. */
export const revokeToken = defineRoute({
  id: "revokeToken",
  method: "DELETE",
  path: "/tokens/{id}",
  summary: "Revoke a token for good",
  permission: "manage",
  isVersioned: true,
  errors: ["token_not_found"],
  params: z.strictObject({ id: id("token") }),
  handler: async ({ params, ifMatch }, { database, changes, clock }) => {
    await endToken(database, params.id, clock.now(), ifMatch);
    await changes.flush();
  },
});
