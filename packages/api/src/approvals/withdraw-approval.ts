import { z } from "zod";
import { id } from "../fields.ts";
import { defineRoute } from "../route.ts";

export const withdrawApproval = defineRoute({
  id: "withdrawApproval",
  method: "DELETE",
  path: "/approvals/{id}",
  summary: "Take back what you asked for, also when it was approved and not used",
  permission: "use",
  errors: ["approval_not_found", "approval_settled"],
  params: z.strictObject({ id: id("approval") }),
  handler: async ({ params, principal }, { approvals, changes }) => {
    await approvals.withdraw(params.id, principal.id);
    await changes.flush();
  },
});
