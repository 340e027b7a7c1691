/** How long a document is good, by its headers (RFC 9111 §4.2.1) and within our bounds. */

/** Between the page and the token there are seconds: what must not be cached is read once for a sign-in, not thrice. */
const minMs = 5 * 60_000;
/** However long its server says: a redirect URI that was withdrawn is gone after a week. */
export const maxDocumentAgeMs = 7 * 86_400_000;
const usualMs = 60 * 60_000;

export function freshMs(headers: Headers, nowMs: number): number {
  return Math.min(maxDocumentAgeMs, Math.max(minMs, saidMs(headers, nowMs) ?? usualMs));
}

function saidMs(headers: Headers, nowMs: number): number | undefined {
  const control = headers.get("cache-control")?.toLowerCase() ?? "";
  if (/(?:^|,)\s*(?:no-store|no-cache|private)\s*(?:,|=|$)/.test(control)) return 0;
  const [, seconds] = /(?:^|,)\s*max-age\s*=\s*"?(\d{1,10})"?\s*(?:,|$)/.exec(control) ?? [];
  if (seconds !== undefined) return (Number(seconds) - ageSeconds(headers)) * 1000;
  const expires = headers.get("expires");
  if (expires === null) return undefined;
  // "0" and other nonsense is "already over" (RFC 9111 §5.3).
  const at = Date.parse(expires);
  return Number.isNaN(at) || /^-?\d*$/.test(expires.trim()) ? 0 : at - nowMs;
}

function ageSeconds(headers: Headers): number {
  const age = headers.get("age") ?? "";
  return /^\d{1,10}$/.test(age) ? Number(age) : 0;
}
