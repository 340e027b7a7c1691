import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";

export const removeTrustedIssuer = defineRoute({
  id: "removeTrustedIssuer",
  method: "DELETE",
  path: "/trusted-issuers/{slug}",
  summary: "Trust an issuer no more; it leaves its portals too, and its people stay",
  permission: "own",
  isVersioned: true,
  errors: ["trusted_issuer_unknown", "rule_refers"],
  params: z.strictObject({ slug }),
  handler: async ({ params, ifMatch }, { trustedIssuers, changes }) => {
    await trustedIssuers.remove(params.slug, ifMatch);
    await changes.flush();
  },
});
