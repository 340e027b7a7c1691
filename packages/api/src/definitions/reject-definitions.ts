import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { selectionOf, toReject, toSelection } from "./selection.ts";
import { reviewSummary, toReviewSummary } from "./shown-definition.ts";

/** Of `all` what is new or changed. One that is named and approved is so no longer. Done twice it is done once. */
export const rejectDefinitions = defineRoute({
  id: "rejectDefinitions",
  method: "POST",
  path: "/servers/{slug}/definitions/reject",
  summary: "Reject definitions of a server as they were looked at",
  permission: "manage",
  errors: ["server_unknown", "definition_unknown", "definition_changed"],
  params: z.strictObject({ slug }),
  body: selectionOf(toReject),
  answer: reviewSummary,
  handler: async ({ params, body, principal }, { reviews, changes }) => {
    const decided = await reviews.reject(params.slug, toSelection(body), principal.id);
    await changes.flush();
    return toReviewSummary(decided);
  },
});
