import { accessFaults, mayManage } from "@castellan/access";
import { endInvitations as endAll } from "@castellan/sign-in";
import { z } from "zod";
import { id } from "../fields.ts";
import { defineRoute } from "../route.ts";

/** Ending what has ended is nothing. */
export const endInvitations = defineRoute({
  id: "endInvitations",
  method: "DELETE",
  path: "/users/{id}/invitations",
  summary: "Take back the link that was made for a person, if it was not used",
  permission: "manage",
  errors: ["user_not_found"],
  params: z.strictObject({ id: id("user") }),
  handler: async ({ params, principal }, { people, database, clock }) => {
    const user = await people.get(params.id);
    if (!mayManage(principal.role, user.role))
      throw accessFaults.fault(
        "permission_required",
        `To take back the link of a person with the role ${user.role} takes an owner`,
      );
    await endAll(database, user.id, clock.now());
  },
});
