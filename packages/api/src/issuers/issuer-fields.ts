/** Fields of a trusted issuer beside those of its claims. */
import { signingAlgorithms } from "@castellan/access";
import { z } from "zod";
import { printable, title } from "../fields.ts";
import { claimFields } from "./claim-fields.ts";

export const issuerFields = {
  ...claimFields,
  title,
  audience: printable(2048).meta({ description: "What `aud` of its tokens must hold" }),
  jwksUri: z.string().max(2048).meta({ description: "Where its keys are; absent: where its metadata say" }),
  algorithms: z
    .array(z.enum(signingAlgorithms))
    .min(1)
    .refine((all) => new Set(all).size === all.length, "must not name an algorithm twice")
    .meta({ description: "Signatures that its tokens may have" }),
  scopesClaim: printable(200).meta({
    description:
      "The claim with scopes of Castellan. Absent: a token lets its holder do whatever the person may. Given, a token without it may do nothing",
  }),
};
