/**
 * The answer of a token endpoint: tokens (RFC 6749 §5.1), or why not (§5.2). Authorization servers that people really use
 * stray from both in known ways; what is meant is plain, and is brought into the specification's form here.
 */
import type { OutboundResponse } from "@castellan/web";
import { isTemporary, readObject } from "./wire.ts";

/** What the server has against it. */
export class TokenRefusal extends Error {
  override readonly name = "TokenRefusal";
  readonly status: number;
  /** A code of RFC 6749 §5.2 or of an extension; undefined: the server gives none. */
  readonly error: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(status: number, said: Said, retryAfterMs: number | undefined) {
    super(said.description);
    this.status = status;
    this.error = said.error;
    this.retryAfterMs = retryAfterMs;
  }
}

interface Said {
  readonly error: string | undefined;
  readonly description: string;
}

const maxWords = 200;
const maxRetryAfterMs = 3600_000;

/** What GitHub and Slack call errors that have a standard name. */
const dialects: Readonly<Record<string, string>> = {
  bad_refresh_token: "invalid_grant",
  bad_verification_code: "invalid_grant",
  invalid_refresh_token: "invalid_grant",
  token_revoked: "invalid_grant",
  token_expired: "invalid_grant",
  invalid_code: "invalid_grant",
  code_already_used: "invalid_grant",
  incorrect_client_credentials: "invalid_client",
  invalid_client_id: "invalid_client",
  bad_client_secret: "invalid_client",
};

/** Throws `TokenRefusal` where there are no tokens in it. */
export function readTokenAnswer({ status, headers, body }: OutboundResponse, nowMs: number): Response {
  const document = readObject(body);
  const isGrant = typeof document?.["access_token"] === "string";
  // Some say no with 200 (GitHub, Slack).
  if (status !== 200 && status !== 201) throw refusal(status, document, headers, nowMs);
  if (document === undefined || !isGrant) throw refusal(status, document, headers, nowMs);
  // Who it is that signed in is nobody's question here: an ID token that does not hold must not spoil the access token.
  const { id_token: _idToken, ...grant } = document;
  const { token_type: tokenType = "bearer", expires_in: expiresIn, refresh_token: refreshToken } = grant;
  return Response.json({
    ...grant,
    token_type: tokenType,
    // `null`, an empty text and 0 mean that nothing is said.
    expires_in: Number(expiresIn) > 0 ? Number(expiresIn) : undefined,
    refresh_token: refreshToken === null || refreshToken === "" ? undefined : refreshToken,
    scope: toScope(grant["scope"]),
  });
}

/** The answer of a revocation endpoint: there is nothing in it (RFC 7009 §2.2). Throws `TokenRefusal`. */
export function readRevocationAnswer({ status, headers, body }: OutboundResponse, nowMs: number): Response {
  if (status >= 200 && status < 300) return new Response(null, { status: 200 });
  throw refusal(status, readObject(body), headers, nowMs);
}

function toScope(scope: unknown): string | undefined {
  if (Array.isArray(scope)) return scope.filter((one) => typeof one === "string").join(" ");
  // RFC 6749 §3.3 separates by blanks, GitHub and Slack by commas. No scope of theirs holds one.
  if (typeof scope !== "string" || scope.trim() === "") return undefined;
  return scope.includes(" ") ? scope : scope.replaceAll(",", " ");
}

/** The refusal that an answer is. */
export function refusal(
  status: number,
  document: Readonly<Record<string, unknown>> | undefined,
  headers: Headers,
  nowMs: number,
): TokenRefusal {
  const said = document?.["error"];
  const known = typeof said === "string" && /^[\x20-\x21\x23-\x5B\x5D-\x7E]{1,64}$/.test(said);
  const error = known ? (Object.hasOwn(dialects, said) ? dialects[said] : said) : undefined;
  const words = document?.["error_description"];
  const description = [known ? said : `status ${status}`, typeof words === "string" ? plain(words) : ""]
    .filter(Boolean)
    .join(": ");
  const after = readRetryAfter(headers.get("retry-after"), nowMs);
  return new TokenRefusal(status, { error, description }, after);
}

/** Words of others, as one short line of what shows. */
export function plain(words: string): string {
  return words
    .slice(0, 4 * maxWords)
    .replaceAll(/[\p{C}\p{Z}]+/gu, " ")
    .trim()
    .slice(0, maxWords);
}

/** RFC 9110 §10.2.3: seconds or a date; at most an hour is heeded. */
function readRetryAfter(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined;
  const ms = /^\d{1,9}$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), maxRetryAfterMs);
}

/** Errors that say nothing about the grant or the client. */
export function isPassing({ status, error }: TokenRefusal): boolean {
  return (
    isTemporary(status) ||
    error === undefined ||
    error === "server_error" ||
    error === "temporarily_unavailable" ||
    error === "slow_down" ||
    error === "rate_limited"
  );
}
