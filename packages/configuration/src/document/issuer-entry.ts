/** An authorization server of the company's own whose tokens portals take, as a document describes it. */
import { signingAlgorithms } from "@castellan/access";
import { z } from "zod";
import { claimFields, issuer } from "./claim-fields.ts";
import { line, title } from "./fields.ts";

export const issuerEntry = z.strictObject({
  title: title.optional().meta({ description: "Absent: the slug" }),
  issuer,
  audience: line(1, 2048).meta({ description: "What aud of its tokens must hold" }),
  jwksUri: z
    .string()
    .max(2048)
    .exactOptional()
    .meta({ description: "Where its keys are; absent: where its metadata say" }),
  algorithms: z
    .array(z.enum(signingAlgorithms))
    .min(1)
    .transform((given) => signingAlgorithms.filter((one) => given.includes(one)))
    .prefault([...signingAlgorithms])
    .meta({ description: "Signatures that its tokens may have" }),
  scopesClaim: line(1, 200).exactOptional().meta({
    description:
      "The claim with scopes of Castellan. Absent: a token lets its holder do whatever the person may",
  }),
  ...claimFields,
});
