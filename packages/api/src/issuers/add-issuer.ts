import { signingAlgorithms } from "@castellan/access";
import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { directory, issuer, newClaims } from "./claim-fields.ts";
import { issuerFields } from "./issuer-fields.ts";
import { shownIssuer, toShownIssuer } from "./shown-issuer.ts";

const newIssuer = z
  .strictObject({
    slug,
    title: issuerFields.title.optional(),
    issuer,
    audience: issuerFields.audience,
    jwksUri: issuerFields.jwksUri.optional(),
    directory: directory.default("workforce"),
    claims: newClaims.prefault({}),
    groupMap: issuerFields.groupMap.optional(),
    groupPrefix: issuerFields.groupPrefix.default(""),
    allowedDomains: issuerFields.allowedDomains.default([]),
    requiresVerifiedEmail: issuerFields.requiresVerifiedEmail.default(true),
    algorithms: issuerFields.algorithms.default([...signingAlgorithms]),
    keptClaims: issuerFields.keptClaims.default([]),
    createsUsers: issuerFields.createsUsers.default(false),
    linksByEmail: issuerFields.linksByEmail.default(false),
    scopesClaim: issuerFields.scopesClaim.optional(),
    allowPrivate: issuerFields.allowPrivate.default([]),
    isEnabled: issuerFields.isEnabled.default(true),
  })
  .meta({ id: "NewTrustedIssuer" });

/** An owner's to do: it says who somebody is, and so who is an owner. */
export const addTrustedIssuer = defineRoute({
  id: "addTrustedIssuer",
  method: "POST",
  path: "/trusted-issuers",
  summary:
    "Trust an issuer of JWTs, whose keys are fetched at once; portals take its tokens once they name it",
  permission: "own",
  status: 201,
  isVersioned: true,
  takesIdempotencyKey: true,
  errors: [
    "trusted_issuer_taken",
    "issuer_unfit",
    "issuer_unavailable",
    "outbound_refused",
    "outbound_policy_invalid",
  ],
  body: newIssuer,
  answer: shownIssuer,
  handler: async ({ body }, { trustedIssuers, changes }) => {
    const added = await trustedIssuers.add({ ...body, title: body.title ?? body.slug });
    await changes.flush();
    return toShownIssuer(added);
  },
});
