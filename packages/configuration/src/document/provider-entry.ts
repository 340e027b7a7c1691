/** A provider that people sign in with, as a document describes it. */
import { z } from "zod";
import { claimFields, issuer } from "./claim-fields.ts";
import { line, title } from "./fields.ts";
import { bareSecretRef } from "./secret-ref.ts";

/** RFC 6749 §3.3. */
const scope = z
  .string()
  .max(256)
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, "must be one scope: visible ASCII without quotes");

export const providerEntry = z.strictObject({
  title: title.optional().meta({ description: "On its button. Absent: the slug" }),
  issuer,
  clientId: line(1, 512).meta({ description: "What Castellan is called there" }),
  clientSecret: bareSecretRef.exactOptional().meta({
    description: "Where its secret is kept. Absent: Castellan is a public client there",
  }),
  scopes: z
    .array(scope)
    .max(50)
    .transform((scopes) => [...new Set(scopes)].filter((one) => one !== "openid"))
    .prefault(["email", "profile"])
    .meta({ description: "Asked for beside openid" }),
  ...claimFields,
});
