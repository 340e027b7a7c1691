import { readBearerChallenge } from "../oauth/challenge.ts";
import type { Refusal } from "../request-credentials.ts";

/**
 * What a token has to be refreshed or widened for: undefined where the refusal is about something else, no scopes where the
 * token itself was not taken (401). MCP authorization, "Scope Challenge Handling"; RFC 6750 §3.1.
 */
export function tokenRefusal({
  status,
  challenge,
}: Refusal): { readonly scopes?: readonly string[] } | undefined {
  if (status === 401) return {};
  const { error, scopes = [] } = readBearerChallenge(challenge) ?? {};
  return error === "insufficient_scope" && scopes.length > 0 ? { scopes } : undefined;
}
