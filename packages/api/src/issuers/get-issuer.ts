import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { shownIssuer, toShownIssuer } from "./shown-issuer.ts";

export const getTrustedIssuer = defineRoute({
  id: "getTrustedIssuer",
  method: "GET",
  path: "/trusted-issuers/{slug}",
  summary: "Show a trusted issuer",
  permission: "read",
  isVersioned: true,
  errors: ["trusted_issuer_unknown"],
  params: z.strictObject({ slug }),
  answer: shownIssuer,
  handler: async ({ params }, { trustedIssuers }) => toShownIssuer(await trustedIssuers.get(params.slug)),
});
