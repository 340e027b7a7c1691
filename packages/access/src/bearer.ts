import { accessFaults } from "./faults.ts";

/**
 * Takes the token out of an `Authorization` header (RFC 6750 §2.1; the scheme in any case, RFC 9110 §11.1).
 *
 * Faults: `token_missing` when there is no header or it names another scheme (RFC 6750 §3.1: a client
 * that did not try gets no error), `token_invalid` when what follows `Bearer` is not one token.
 */
export function parseBearer(header: string | undefined): string {
  if (header === undefined || !scheme.test(header))
    throw accessFaults.fault("token_missing", "A bearer token is required");
  const token = header.length <= maxLength ? credentials.exec(header)?.[1] : undefined;
  if (token === undefined) throw invalidToken();
  return token;
}

/** The one answer for every token that lets nobody in, whatever the reason. */
export function invalidToken(): Error {
  return accessFaults.fault("token_invalid", "The token is not valid");
}

/** A JWT of a person who is in many groups is long. */
const maxLength = 12_288;
const scheme = /^bearer(?: |$)/i;
const credentials = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;
