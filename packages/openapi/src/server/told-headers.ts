/** Of an API's reply: the headers that a caller may need to go on with, and no body says. All others stay here, cookies and challenges above all. */

const told: ReadonlySet<string> = new Set([
  "content-disposition",
  "content-language",
  "content-range",
  "content-type",
  "deprecation",
  "etag",
  "last-modified",
  "link",
  "location",
  "retry-after",
  "sunset",
  "x-has-more",
  "x-next-cursor",
  "x-next-page",
  "x-page",
  "x-page-count",
  "x-per-page",
  "x-prev-page",
  "x-request-id",
  "x-total",
  "x-total-count",
  "x-total-pages",
]);

/** `RateLimit`, `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers), and what came before them. */
const rateLimit = /^(?:x-)?rate-?limit(?:-[a-z-]{1,40})?$/;

export const maxHeaderChars = 2_000;
const maxHeaders = 64;

/** `address`: what was asked for. A `Location` is told where it is at the API. */
export function toldHeaders(
  headers: Readonly<Record<string, string>>,
  address: string,
): Readonly<Record<string, string>> {
  const entries = Object.entries(headers)
    .filter(([name, value]) => (told.has(name) || rateLimit.test(name)) && isHere(name, value, address))
    .slice(0, maxHeaders);
  return Object.fromEntries(entries.map(([name, value]) => [name, value.slice(0, maxHeaderChars)]));
}

function isHere(name: string, value: string, address: string): boolean {
  return name !== "location" || URL.parse(value, address)?.origin === new URL(address).origin;
}
