/** The headers that an admin may have sent to a server with every request. */
import { z } from "zod";

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
/** RFC 6750 §2.1 in spirit: issuers use more characters than it allows, but never a space. */
const bearer = /^[\x21-\x7e]+$/;

const maxValueLength = 8192;
const maxHeaders = 50;

const headerValue = z
  .string()
  .max(maxValueLength)
  .regex(fieldValue, "must be visible ASCII characters, with spaces or tabs between them only");

export const bearerToken = z
  .string()
  .max(maxValueLength - "Bearer ".length)
  .regex(bearer, "must be visible ASCII characters without spaces");

/** `{Name: value}` in any case → the same in lower case, in which no name is left twice. */
export const headers = z.record(z.string(), headerValue).transform((given, context) => {
  const result: Record<string, string> = {};
  const refuse = (name: string, message: string) =>
    context.addIssue({ code: "custom", path: [name], message, input: undefined });
  const all = Object.entries(given);
  if (all.length > maxHeaders)
    context.addIssue({ code: "custom", message: `must have at most ${maxHeaders} entries` });
  for (const [name, value] of all) {
    const lower = name.toLowerCase();
    if (!token.test(name)) refuse(name, "is not the name of an HTTP header");
    else if (reserved.has(lower) || reservedPrefixes.some((prefix) => lower.startsWith(prefix)))
      refuse(name, "is set by Castellan and cannot be given");
    else if (Object.hasOwn(result, lower)) refuse(name, "is given twice");
    else result[lower] = value;
  }
  return result;
});
