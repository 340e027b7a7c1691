/** An authorization server, as it describes itself (RFC 8414, OpenID Connect Discovery 1.0) or as an admin does. */
import type { Fault } from "@castellan/kernel";
import { isOAuth } from "../auth/secret-use.ts";
import { credentialFaults } from "../faults.ts";
import type { OAuthTarget } from "./oauth.ts";
import { cleanScopes } from "./scopes.ts";
import { isIdentifier } from "./strangers.ts";
import { plain } from "./token-answer.ts";
import { getDocument, toWireFault, type Way } from "./wire.ts";

export interface Issuer {
  readonly issuer: string;
  readonly authorizationEndpoint: string | undefined;
  readonly tokenEndpoint: string | undefined;
  readonly registrationEndpoint: string | undefined;
  readonly revocationEndpoint: string | undefined;
  /** PKCE with S256. Where there are no metadata it is taken for granted, and sent. */
  readonly takesS256: boolean;
  /** Client ID Metadata Documents. */
  readonly takesClientDocuments: boolean;
  /** Undefined: it does not say, which means `client_secret_basic` (RFC 8414 §2). */
  readonly authMethods: readonly string[] | undefined;
  readonly assertionAlgorithms: readonly string[] | undefined;
  readonly scopes: readonly string[] | undefined;
  /** RFC 9207 §3. */
  readonly sendsIss: boolean;
}

/** What is remembered of whoever publishes it has an end. */
const maxAddressLength = 2048;
const maxWordLength = 128;

/**
 * Undefined: it publishes nothing. Throws `credentials_unavailable`, `upstream_auth_invalid` (it calls itself otherwise),
 * `upstream_auth_unsupported` (an address that is not allowed), `cancelled`.
 */
export async function loadIssuer(
  way: Way,
  issuer: string,
  target: OAuthTarget,
  signal?: AbortSignal,
): Promise<Issuer | undefined> {
  let failure: Fault | undefined;
  for (const url of metadataUrls(issuer)) {
    const answer = await getDocument(way, url, target, signal);
    if (answer.kind === "failed") failure ??= answer.fault;
    if (answer.kind === "found" && typeof answer.document["issuer"] === "string")
      return read(way, answer.document, issuer, target);
  }
  if (failure !== undefined) throw failure;
  return undefined;
}

/** RFC 8414 §3.1 and its §5, in the order of the MCP specification. */
export function metadataUrls(issuer: string): readonly string[] {
  const url = isIdentifier(issuer) ? URL.parse(issuer) : null;
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:") || url.search || url.hash)
    throw credentialFaults.fault(
      "upstream_auth_invalid",
      `${plain(issuer)} is named as authorization server, and is no issuer`,
    );
  const path = url.pathname.replace(/\/$/, "");
  const wellKnown = ["oauth-authorization-server", "openid-configuration"].map(
    (name) => `${url.origin}/.well-known/${name}${path}`,
  );
  return path === "" ? wellKnown : [...wellKnown, `${url.origin}${path}/.well-known/openid-configuration`];
}

function read(
  way: Way,
  document: Readonly<Record<string, unknown>>,
  issuer: string,
  { allowPrivate }: OAuthTarget,
): Issuer {
  // To the letter: RFC 8414 §3.3 leaves no room, and neither would an attacker.
  if (document["issuer"] !== issuer)
    throw credentialFaults.fault(
      "upstream_auth_invalid",
      `The authorization server ${issuer} calls itself ${plain(String(document["issuer"]))}`,
    );
  const endpoint = (name: string): string | undefined => {
    const url = document[name];
    if (typeof url !== "string" || url.length > maxAddressLength) return undefined;
    try {
      return way.check(url, { allowPrivate }, name).href;
    } catch (error) {
      throw toWireFault(error);
    }
  };
  const list = (name: string): readonly string[] | undefined => {
    const said = document[name];
    return Array.isArray(said)
      ? said
          .filter((item): item is string => typeof item === "string" && item.length <= maxWordLength)
          .slice(0, 100)
      : undefined;
  };
  return {
    issuer,
    authorizationEndpoint: endpoint("authorization_endpoint"),
    tokenEndpoint: endpoint("token_endpoint"),
    registrationEndpoint: endpoint("registration_endpoint"),
    revocationEndpoint: endpoint("revocation_endpoint"),
    takesS256: list("code_challenge_methods_supported")?.includes("S256") === true,
    takesClientDocuments: document["client_id_metadata_document_supported"] === true,
    authMethods: list("token_endpoint_auth_methods_supported"),
    assertionAlgorithms: list("token_endpoint_auth_signing_alg_values_supported"),
    scopes: Array.isArray(document["scopes_supported"])
      ? cleanScopes(document["scopes_supported"])
      : undefined,
    sendsIss: document["authorization_response_iss_parameter_supported"] === true,
  };
}

/** What an admin says of an issuer that says nothing of itself. */
export function issuerOfSettings({ auth }: Pick<OAuthTarget, "auth">, issuer: string): Issuer | undefined {
  if (!isOAuth(auth) || auth.endpoints === undefined || auth.issuer !== issuer) return undefined;
  const { authorization, token, revocation } = auth.endpoints;
  return {
    ...silent,
    issuer,
    authorizationEndpoint: authorization,
    tokenEndpoint: token,
    revocationEndpoint: revocation,
  };
}

/** MCP 2025-03-26, "Fallbacks for Servers without Metadata Discovery": the endpoints of a server that says nothing. */
export function guessedIssuer(origin: string): Issuer {
  return {
    ...silent,
    issuer: origin,
    authorizationEndpoint: `${origin}/authorize`,
    tokenEndpoint: `${origin}/token`,
    registrationEndpoint: `${origin}/register`,
  };
}

const silent: Omit<Issuer, "issuer"> = {
  authorizationEndpoint: undefined,
  tokenEndpoint: undefined,
  registrationEndpoint: undefined,
  revocationEndpoint: undefined,
  takesS256: true,
  takesClientDocuments: false,
  authMethods: undefined,
  assertionAlgorithms: undefined,
  scopes: undefined,
  sendsIss: false,
};
