/** Which headers a caller may set, and what may stand in one (RFC 9110 §5). */

/** A token (RFC 9110 §5.6.2). */
export function isHeaderName(name: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/.test(name);
}

/** No line ends, nothing that is not a character of a header: a value is one value. */
export function isHeaderValue(value: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

/** Credentials, the frame of the message, how it travels, and by whom: these are the house's and its admins'. */
const own = new Set([
  "accept",
  "accept-charset",
  "accept-encoding",
  "authorization",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "cookie",
  "cookie2",
  "date",
  "expect",
  "forwarded",
  "host",
  "http2-settings",
  "keep-alive",
  "origin",
  "set-cookie",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "user-agent",
  "via",
  "www-authenticate",
]);

const ownPrefixes = ["proxy-", "sec-", "x-forwarded-", "mcp-", ":"];

/** Whether no caller sets it, whatever a document says. `X-HTTP-Method-Override` would make another operation of this one. */
export function isOwnHeader(name: string): boolean {
  const lower = name.toLowerCase();
  return (
    own.has(lower) ||
    ownPrefixes.some((prefix) => lower.startsWith(prefix)) ||
    /^x-(?:http-)?method(?:-override)?$|^x-(?:original-(?:url|host|uri)|rewrite-url|real-ip|host)$/.test(
      lower,
    )
  );
}

/** What of an admin's headers cannot go on: the frame of the message is the request's. */
const framing = new Set([
  "accept-encoding",
  "connection",
  "content-length",
  "content-type",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

export function isFraming(name: string): boolean {
  return framing.has(name);
}
