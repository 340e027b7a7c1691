import { z } from "zod";
import { searchText, slug } from "../fields.ts";
import { pageOf, pageQuery, toPage } from "../paging.ts";
import { defineRoute } from "../route.ts";
import { shownRule, toShownRule } from "./shown-policy.ts";

export const listPolicies = defineRoute({
  id: "listPolicies",
  method: "GET",
  path: "/policies",
  summary: "List the rules of the policy by name",
  permission: "read",
  query: z.strictObject({
    ...pageQuery,
    q: searchText.optional().meta({ description: "Text in name or description" }),
    portal: slug.optional().meta({ description: "Rules that are attached to this portal by name" }),
    server: slug.optional().meta({ description: "Rules that are attached to this server by name" }),
  }),
  answer: pageOf(shownRule),
  handler: async ({ query: { cursor: after, ...query } }, { policies }) =>
    toPage(await policies.page({ ...query, after }), toShownRule),
});
