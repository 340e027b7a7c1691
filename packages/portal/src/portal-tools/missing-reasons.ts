/**
 * Why a server is missing, as its portal's callers are told. In words of this house: what is kept for
 * admins holds addresses of the inside, and words of the server that a model might take for orders.
 */
export interface ListedError {
  readonly code: string;
  readonly message: string;
}

const reasons: Readonly<Record<string, string>> = {
  upstream_unreachable: "It cannot be reached",
  upstream_timeout: "It did not answer in time",
  upstream_unauthorized: "It refuses the credentials that it is sent",
  upstream_refused: "It refuses to be read",
  upstream_invalid: "It does not answer as an MCP server should",
  upstream_too_large: "It answers with more than is taken",
  outbound_refused: "Its address is not one that an admin allowed",
  server_credentials_moved: "Its address has changed since its credentials were given",
  server_circuit_open: "The last calls to it found nobody, and it is tried again before long",
  credentials_missing: "It can only be read with a sign-in or a key that an admin has to give",
  credentials_unavailable: "Where it has people sign in cannot be reached",
  upstream_client_refused: "Where it has people sign in refuses this installation",
  upstream_auth_unsupported: "It wants people to sign in in a way that is not served",
  upstream_auth_invalid: "Where it has people sign in does not answer as it should",
  vault_open_failed: "The credentials that it is to be sent cannot be read",
  vault_key_missing: "The credentials that it is to be sent cannot be read",
};

export function toReason(code: string): ListedError {
  return { code, message: (Object.hasOwn(reasons, code) && reasons[code]) || "Its lists could not be read" };
}
