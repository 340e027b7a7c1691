import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { changedClaims } from "./claim-fields.ts";
import { issuerFields } from "./issuer-fields.ts";
import { shownIssuer, toShownIssuer } from "./shown-issuer.ts";

const { groupMap, jwksUri, scopesClaim, ...fields } = issuerFields;

const issuerChange = z
  .strictObject({
    ...z.strictObject(fields).partial().shape,
    claims: changedClaims.optional(),
    /** Null takes away. */
    groupMap: groupMap.nullable().optional(),
    jwksUri: jwksUri.nullable().optional(),
    scopesClaim: scopesClaim.nullable().optional(),
  })
  .refine((change) => Object.keys(change).length > 0, "must name something to change")
  .meta({ id: "TrustedIssuerChange" });

/** What is absent stays. */
export const changeTrustedIssuer = defineRoute({
  id: "changeTrustedIssuer",
  method: "PATCH",
  path: "/trusted-issuers/{slug}",
  summary: "Change a trusted issuer, or switch it off",
  permission: "own",
  isVersioned: true,
  errors: [
    "rule_refers",
    "trusted_issuer_unknown",
    "trusted_issuer_taken",
    "issuer_unfit",
    "issuer_unavailable",
    "outbound_refused",
    "outbound_policy_invalid",
  ],
  params: z.strictObject({ slug }),
  body: issuerChange,
  answer: shownIssuer,
  handler: async ({ params, body, ifMatch }, { trustedIssuers, changes }) => {
    const changed = await trustedIssuers.change(params.slug, body, ifMatch);
    await changes.flush();
    return toShownIssuer(changed);
  },
});
