/** An OAuth client that an admin writes down, as a document describes it. What must be true of it as a whole is said later. */
import { parseScope } from "@castellan/access";
import { authMethods, clientGrantTypes, commandLineClientId, isClientId } from "@castellan/oauth";
import { slugRule } from "@castellan/kernel";
import { z } from "zod";
import { line } from "./fields.ts";

const isEachOnce = (values: readonly string[]) => new Set(values).size === values.length;

const httpsUrl = line(1, 1024).refine(
  (text) => URL.parse(text)?.protocol === "https:",
  "must be an https URL",
);

const ownScope = z
  .string()
  .max(128)
  .refine(
    (text) => !["api", undefined].includes(parseScope(text)?.kind),
    "must be a scope of a portal or a server",
  );

/** It is known to the program ahead of time, and the same at every installation. */
export const clientId = z
  .string()
  .refine(
    (id) => isClientId(id) && id !== commandLineClientId,
    `must be a client's id: ${slugRule}; or one that Castellan made (cli_…)`,
  )
  .meta({ description: "Its client_id: chosen as a slug, or one that Castellan made" });

export const clientEntry = z.strictObject({
  name: line(1, 128)
    .optional()
    .meta({ description: "What people see when it asks to be let in. Absent: its id" }),
  uri: httpsUrl.exactOptional().meta({ description: "Its own site" }),
  authMethod: z.enum(authMethods).meta({
    description: "How it proves who it is; it stays. A secret is made by hand, and is in no file",
  }),
  grantTypes: z
    .array(z.enum(clientGrantTypes))
    .transform((given) => clientGrantTypes.filter((one) => given.includes(one)))
    .prefault(["authorization_code", "refresh_token"]),
  redirectUris: z
    .array(z.string().min(1).max(1024))
    .max(32)
    .refine(isEachOnce, "must not name one twice")
    .default([]),
  scopes: z.array(ownScope).max(500).refine(isEachOnce, "must not name one twice").default([]).meta({
    description: "What it may do for itself, with client_credentials",
  }),
  mayIntrospect: z.boolean().default(false).meta({
    description: "Whether it may ask about tokens that are not its own (RFC 7662)",
  }),
  jwks: z
    .strictObject({ keys: z.array(z.record(z.string(), z.unknown())) })
    .exactOptional()
    .meta({ description: "Its public keys, for private_key_jwt" }),
  jwksUri: httpsUrl.exactOptional().meta({ description: "Where its public keys are" }),
});
