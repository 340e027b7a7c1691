/** An OAuth client as the API shows it: everything but its secrets, of which nothing is kept that could be shown. */
import { authMethods, clientGrantTypes, clientKinds, type Client } from "@castellan/oauth";
import { z } from "zod";
import { isoTime } from "../fields.ts";

export const shownClient = z
  .object({
    id: z.string().describe("`cli_…`, or the URL of its description"),
    kind: z
      .enum(clientKinds)
      .describe(
        "`registered` by an admin, `dynamic` by itself (RFC 7591), or described in a `document` at the URL that is its id. What the last two say of themselves is a stranger's word",
      ),
    name: z.string().describe("Empty: it says none"),
    uri: z.string().optional(),
    redirectUris: z.array(z.string()),
    authMethod: z.enum(authMethods),
    grantTypes: z.array(z.enum(clientGrantTypes)),
    scopes: z.array(z.string()).describe("What it may do for itself"),
    mayIntrospect: z.boolean(),
    jwks: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }).optional(),
    jwksUri: z.string().optional(),
    secrets: z
      .array(z.object({ createdAt: isoTime, expiresAt: isoTime.optional() }))
      .describe("Those that are good now: while it is being rotated, more than one"),
    version: z.number(),
    createdAt: isoTime,
    createdBy: z.string().optional().describe("Who registered it; absent: itself"),
    updatedAt: isoTime,
    lastUsedAt: isoTime.optional().describe("When it last got a token, exact to about an hour"),
    readAt: isoTime.optional().describe("When its description was read"),
  })
  .meta({ id: "OAuthClient" });

/** With the secret, in the answer that makes it. */
export const madeClient = shownClient
  .extend({ secret: z.string().optional().describe("Shown here only; absent: it has none") })
  .meta({ id: "MadeClient" });

export function toShownClient({ secrets, ...client }: Client): z.input<typeof shownClient> {
  return {
    ...client,
    redirectUris: [...client.redirectUris],
    grantTypes: [...client.grantTypes],
    scopes: [...client.scopes],
    jwks: client.jwks as z.input<typeof shownClient>["jwks"],
    secrets: secrets.map(({ createdAt, expiresAt }) => ({ createdAt, expiresAt })),
  };
}
