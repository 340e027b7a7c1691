import { z } from "zod";
import { id } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { seeApproval } from "./see-approval.ts";
import { seenApproval, showApproval } from "./shown-approval.ts";

export const getApproval = defineRoute({
  id: "getApproval",
  method: "GET",
  path: "/approvals/{id}",
  summary: "Get one request for a decision",
  permission: "use",
  errors: ["approval_not_found"],
  params: z.strictObject({ id: id("approval") }),
  answer: seenApproval,
  handler: async ({ params, principal }, ports) => {
    const seen = await seeApproval(params.id, principal, ports);
    return { ...showApproval(seen, ports), arguments: seen.arguments, mayDecide: seen.mayDecide };
  },
});
