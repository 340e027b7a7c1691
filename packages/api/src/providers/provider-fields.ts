/** Fields of an identity provider beside those of its claims. */
import { z } from "zod";
import { claimFields } from "../issuers/claim-fields.ts";
import { printable, title } from "../fields.ts";

/** RFC 6749 §3.3. */
const scope = z
  .string()
  .max(256)
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, "must be one scope: visible ASCII without quotes");

export const providerFields = {
  ...claimFields,
  title: title.meta({ description: "On its button: Continue with …" }),
  clientId: printable(512).meta({ description: "What Castellan is called there" }),
  clientSecret: z
    .string()
    .min(1)
    .max(1024)
    .regex(/^[\x20-\x7e]+$/, "must be visible ASCII characters")
    .meta({ description: "Never shown again. Absent: Castellan is a public client there" }),
  scopes: z
    .array(scope)
    .max(50)
    .transform((scopes) => [...new Set(scopes)].filter((one) => one !== "openid"))
    .meta({ description: "Asked for beside `openid`" }),
};
