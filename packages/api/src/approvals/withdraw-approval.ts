import { approvalFaults } from "@castellan/approvals";
import { z } from "zod";
import { id } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { seeApproval } from "./see-approval.ts";

export const withdrawApproval = defineRoute({
  id: "withdrawApproval",
  method: "DELETE",
  path: "/approvals/{id}",
  summary: "Take back what you asked for, also when it was approved and not used",
  permission: "use",
  errors: ["approval_not_found", "approval_not_yours", "approval_settled"],
  params: z.strictObject({ id: id("approval") }),
  handler: async ({ params, principal }, ports) => {
    const { asker } = await seeApproval(params.id, principal, ports);
    if (asker.id !== principal.id)
      throw approvalFaults.fault("approval_not_yours", "Only who asked takes a request back");
    await ports.approvals.withdraw(params.id, principal.id);
    await ports.changes.flush();
  },
});
