/** A trusted issuer as the API shows it. */
import { directories, signingAlgorithms, type TrustedIssuer } from "@castellan/access";
import { z } from "zod";
import { isoTime } from "../fields.ts";
import { shownClaimFields } from "./claim-fields.ts";

export const shownIssuer = z
  .object({
    slug: z.string(),
    title: z.string(),
    issuer: z.string(),
    audience: z.string(),
    jwksUri: z.string().optional(),
    directory: z.enum(directories),
    ...shownClaimFields,
    algorithms: z.array(z.enum(signingAlgorithms)),
    scopesClaim: z.string().optional(),
    version: z.int(),
    createdAt: isoTime,
    updatedAt: isoTime,
  })
  .meta({ id: "TrustedIssuer" });

export function toShownIssuer(issuer: TrustedIssuer): z.input<typeof shownIssuer> {
  return {
    ...issuer,
    groupMap: issuer.groupMap && { ...issuer.groupMap },
    allowedDomains: [...issuer.allowedDomains],
    keptClaims: [...issuer.keptClaims],
    allowPrivate: [...issuer.allowPrivate],
    algorithms: [...issuer.algorithms],
  };
}
