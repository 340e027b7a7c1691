import { approvalFaults } from "@castellan/approvals";
import { z } from "zod";
import { id, prose } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { personOf } from "./asking-person.ts";
import { seeApproval } from "./see-approval.ts";
import { showApproval, shownApproval } from "./shown-approval.ts";

/**
 * Who asked does not decide here, also where a rule lets them: a program that has their token for the API could then approve
 * what another, or it itself, asked for in their name. On the page there is a person.
 */
export const decideApproval = defineRoute({
  id: "decideApproval",
  method: "POST",
  path: "/approvals/{id}/decision",
  summary: "Say yes or no to what somebody else asked for; one no ends it",
  permission: "use",
  errors: ["approval_not_found", "approval_not_yours", "approval_settled"],
  params: z.strictObject({ id: id("approval") }),
  body: z.strictObject({
    decision: z.enum(["approve", "reject"]),
    reason: prose(2_000).optional().describe("Shown to whoever asked"),
  }),
  answer: shownApproval,
  handler: async ({ params, body, principal }, ports) => {
    const seen = await seeApproval(params.id, principal, ports);
    const by = personOf(principal);
    if (by === undefined) throw notYours("Programs do not decide");
    if (by.id === seen.asker.id) throw notYours("Nobody decides by the API what they asked for themselves");
    const decided = await ports.approvals.decide(params.id, {
      by,
      yes: body.decision === "approve",
      reason: body.reason,
    });
    await ports.changes.flush();
    return showApproval(decided, ports);
  },
});

function notYours(message: string): Error {
  return approvalFaults.fault("approval_not_yours", message);
}
