import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { selectionOf, toApprove, toSelection } from "./selection.ts";
import { reviewSummary, toReviewSummary } from "./shown-definition.ts";

/** Of `all` what is new, changed, or accepted by a setting; what was rejected has to be named. Done twice it is done once. */
export const approveDefinitions = defineRoute({
  id: "approveDefinitions",
  method: "POST",
  path: "/servers/{slug}/definitions/approve",
  summary: "Approve definitions of a server as they were looked at",
  permission: "manage",
  errors: ["server_unknown", "definition_unknown", "definition_changed"],
  params: z.strictObject({ slug }),
  body: selectionOf(toApprove),
  answer: reviewSummary,
  handler: async ({ params, body, principal }, { reviews, changes }) => {
    const decided = await reviews.approve(params.slug, toSelection(body), principal.id);
    await changes.flush();
    return toReviewSummary(decided);
  },
});
