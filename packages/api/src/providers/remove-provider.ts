import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";

export const removeProvider = defineRoute({
  id: "removeProvider",
  method: "DELETE",
  path: "/providers/{slug}",
  summary:
    "Remove an identity provider, with the groups that it put people into; its people and their sessions stay",
  permission: "own",
  isVersioned: true,
  errors: ["provider_unknown", "rule_refers"],
  params: z.strictObject({ slug }),
  handler: async ({ params, ifMatch }, { providers, changes }) => {
    await providers.remove(params.slug, ifMatch);
    await changes.flush();
  },
});
