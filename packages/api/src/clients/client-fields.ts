/** Fields of an OAuth client, as an admin gives them. What must be true of them together, the store says. */
import { parseScope } from "@castellan/access";
import { authMethods, clientGrantTypes, isClientId, isDocumentUrl } from "@castellan/oauth";
import { z } from "zod";
import { printable } from "../fields.ts";

const httpsUrl = printable(1024).refine(
  (text) => URL.parse(text)?.protocol === "https:",
  "must be an https URL",
);

/** One that a client may have for itself: there is nothing at the API that is a program's own. */
const ownScope = z
  .string()
  .max(128)
  .refine(
    (text) => !["api", undefined].includes(parseScope(text)?.kind),
    "must be a scope of a portal or a server",
  );

const isEachOnce = (values: readonly string[]) => new Set(values).size === values.length;

export const clientFields = {
  name: printable(128).describe("What people see when it asks to be let in"),
  uri: httpsUrl.describe("Its own site"),
  redirectUris: z
    .array(z.string().min(1).max(1024))
    .max(32)
    .refine(isEachOnce, "must not name one twice")
    .describe(
      "Where it may have people sent: https, loopback http (on any port), or a scheme of an app. Compared to the letter",
    ),
  grantTypes: z
    .array(z.enum(clientGrantTypes))
    .min(1)
    .max(clientGrantTypes.length)
    .refine(isEachOnce, "must not name one twice"),
  scopes: z
    .array(ownScope)
    .max(500)
    .refine(isEachOnce, "must not name one twice")
    .describe("What it may do for itself, with `client_credentials`"),
  mayIntrospect: z.boolean().describe("Whether it may ask about tokens that are not its own (RFC 7662)"),
  jwks: z
    .strictObject({ keys: z.array(z.record(z.string(), z.unknown())) })
    .describe("Its public keys (RFC 7517), for `private_key_jwt`"),
  jwksUri: httpsUrl.describe("Where its public keys are, on the public Internet"),
};

export const authMethod = z.enum(authMethods).describe("How it proves who it is (RFC 7591 §2); it stays");

export const clientParams = z.strictObject({
  id: z
    .string()
    .max(512)
    .refine((id) => isClientId(id) || isDocumentUrl(id), "must be the id of a client")
    .describe("`cli_…`, `castellan-cli` for the command line, or the URL of the client's description"),
});
