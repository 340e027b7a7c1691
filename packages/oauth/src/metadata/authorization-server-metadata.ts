/**
 * What the authorization server says of itself: RFC 8414 and OpenID Connect Discovery 1.0 in one document, since clients
 * read either. It says nothing that is not so: no implicit flow, no `plain`, no other response mode than the query.
 */
import { signingAlgorithms } from "../keys/signing-keys.ts";
import { routes } from "../provider/configuration.ts";

export interface MetadataOptions {
  /** To the letter as clients compare it (RFC 8414 §3.3, RFC 9207 §2.4): without a slash at its end. */
  readonly issuer: string;
  /** How clients may prove who they are. */
  readonly authMethods: readonly string[];
  readonly authAlgorithms: readonly string[];
  /** Whether clients may register themselves (RFC 7591). */
  readonly takesRegistrations: boolean;
  /** Whether a client's id may be the address of its own description. */
  readonly takesDocuments: boolean;
}

export function authorizationServerMetadata(options: MetadataOptions): Readonly<Record<string, unknown>> {
  const { issuer, authMethods, authAlgorithms, takesRegistrations, takesDocuments } = options;
  const confidential = authMethods.filter((method) => method !== "none");
  return Object.freeze({
    issuer,
    authorization_endpoint: `${issuer}${routes.authorization}`,
    token_endpoint: `${issuer}${routes.token}`,
    ...(takesRegistrations && { registration_endpoint: `${issuer}${routes.registration}` }),
    revocation_endpoint: `${issuer}${routes.revocation}`,
    introspection_endpoint: `${issuer}${routes.introspection}`,
    jwks_uri: `${issuer}${routes.jwks}`,
    response_types_supported: ["code"],
    response_modes_supported: ["query"],
    grant_types_supported: ["authorization_code", "refresh_token", "client_credentials"],
    code_challenge_methods_supported: ["S256"],
    token_endpoint_auth_methods_supported: authMethods,
    token_endpoint_auth_signing_alg_values_supported: authAlgorithms,
    revocation_endpoint_auth_methods_supported: authMethods,
    revocation_endpoint_auth_signing_alg_values_supported: authAlgorithms,
    introspection_endpoint_auth_methods_supported: confidential,
    introspection_endpoint_auth_signing_alg_values_supported: authAlgorithms,
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: takesDocuments,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    // What the discovery of OpenID Connect cannot do without (§3); no ID token is issued.
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: signingAlgorithms,
  });
}

/** Where the document lies for an issuer: RFC 8414 §3.1, OpenID Connect Discovery §4, and both without a path (MCP 2025-03-26). */
export function metadataPaths(issuer: string): string[] {
  const { pathname } = new URL(issuer);
  return [
    `/.well-known/oauth-authorization-server${pathname}`,
    `/.well-known/openid-configuration${pathname}`,
    `${pathname}/.well-known/openid-configuration`,
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
  ];
}
