/**
 * What a client says of itself (RFC 7591 §2), when it registers or in its document. It is a stranger's word: taken as
 * far as it is understood and harmless. What asks for more than there is (unknown grant types and scopes) is left out and
 * not refused, since clients are written for many servers; what cannot be meant well is refused.
 */
import { checkInput, isPrintable } from "@castellan/kernel";
import { z } from "zod";
import { oauthFaults } from "../faults.ts";
import { authMethods, clientGrantTypes, type ClientGrantType, type ClientMetadata } from "./client.ts";
import { refusePublicKeys, toPublicKeys } from "./public-keys.ts";
import { refuseRedirectUri, refuseTogether } from "./redirect-uri.ts";

const maxNameLength = 128;
const maxRedirectUris = 32;

const httpsUri = z
  .string()
  .max(1024)
  .refine((text) => URL.parse(text)?.protocol === "https:", "must be an https URL")
  .refine(isPrintable, "must hold printable characters only");

const wire = z.object({
  client_name: z
    .string()
    .trim()
    .max(maxNameLength)
    .refine(isPrintable, "must hold printable characters only")
    .optional(),
  client_uri: httpsUri.optional().catch(undefined),
  grant_types: z.array(z.string().max(256)).max(64).default(["authorization_code", "refresh_token"]),
  response_types: z.array(z.string().max(256)).max(64).default(["code"]),
  token_endpoint_auth_method: z
    .string()
    .refine((text) => (authMethods as readonly string[]).includes(text), `must be ${authMethods.join(", ")}`)
    .transform((text) => text as (typeof authMethods)[number])
    .default("none"),
  jwks: z.unknown().optional(),
  jwks_uri: httpsUri.optional(),
});

const redirects = z.array(z.string()).min(1).max(maxRedirectUris);

/** What strangers may be given: nothing for themselves. */
const grantable: ReadonlySet<ClientGrantType> = new Set(["authorization_code", "refresh_token"]);

/**
 * Reads it. `name` is empty where it has none.
 *
 * @throws client_metadata_invalid · redirect_uri_invalid
 */
export function parseStrangerMetadata(value: unknown): ClientMetadata {
  const read = checkInput(wire, value, "it");
  if ("problems" in read) throw invalid(`${read.problems[0]?.field} ${read.problems[0]?.reason}`);
  const { client_name, client_uri, jwks_uri, token_endpoint_auth_method: authMethod, ...fields } = read.value;
  const grantTypes = clientGrantTypes.filter(
    (type) => grantable.has(type) && fields.grant_types.includes(type),
  );
  if (!grantTypes.includes("authorization_code"))
    throw invalid("grant_types must name authorization_code: that is how clients are let in here");
  if (!fields.response_types.includes("code"))
    throw invalid("response_types must name code, the only one there is");
  return {
    name: client_name ?? "",
    uri: client_uri,
    redirectUris: parseRedirects((value as Record<string, unknown>)["redirect_uris"]),
    authMethod,
    grantTypes,
    ...(authMethod === "private_key_jwt" ? keysOf(fields.jwks, jwks_uri) : noKeys),
  };
}

const noKeys = { jwks: undefined, jwksUri: undefined };

function keysOf(jwks: unknown, jwksUri: string | undefined): Pick<ClientMetadata, "jwks" | "jwksUri"> {
  if ((jwks === undefined) === (jwksUri === undefined))
    throw invalid("private_key_jwt needs either jwks or jwks_uri");
  if (jwksUri !== undefined) return { jwks: undefined, jwksUri };
  const reason = refusePublicKeys(jwks);
  if (reason !== undefined) throw invalid(`jwks ${reason}`);
  return { jwks: toPublicKeys(jwks), jwksUri: undefined };
}

function parseRedirects(value: unknown): string[] {
  const read = checkInput(redirects, value, "redirect_uris");
  const refuse = (reason: string) => oauthFaults.fault("redirect_uri_invalid", reason);
  if ("problems" in read) throw refuse(`redirect_uris ${read.problems[0]?.reason}`);
  for (const [index, uri] of read.value.entries()) {
    const reason = refuseRedirectUri(uri);
    if (reason !== undefined) throw refuse(`redirect_uris[${index}] ${reason}`);
  }
  const odd = refuseTogether(read.value);
  if (odd !== undefined) throw refuse(`redirect_uris ${odd}`);
  return [...new Set(read.value)];
}

function invalid(reason: string) {
  return oauthFaults.fault("client_metadata_invalid", reason);
}
