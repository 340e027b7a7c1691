/** Which headers may be sent to a server with every request. */

/** Names that the transport or the protocol sets itself: a second opinion on them breaks requests, or smuggles them. */
const reserved = new Set([
  "accept",
  "accept-encoding",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "expect",
  "host",
  "keep-alive",
  "last-event-id",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
const reservedPrefixes = ["mcp-", "proxy-"];

/** RFC 9110 §5.6.2. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/;
/** RFC 9110 §5.5, without the obsolete octets beyond ASCII. */
const fieldValue = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/;

export const maxHeaders = 50;
export const maxHeaderValueLength = 8192;
export const headerValueRule = "must be visible ASCII characters, with spaces or tabs between them only";

/** Why a header of this name, in any case, cannot be given; undefined when it can. */
export function headerNameProblem(name: string): string | undefined {
  const lower = name.toLowerCase();
  if (!token.test(name)) return "is not the name of an HTTP header";
  if (reserved.has(lower) || reservedPrefixes.some((prefix) => lower.startsWith(prefix)))
    return "is set by Castellan and cannot be given";
  return undefined;
}

export function isHeaderValue(value: string): boolean {
  return value.length <= maxHeaderValueLength && fieldValue.test(value);
}
