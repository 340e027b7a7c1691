/** The headers that an admin may have sent to a server with every request. */
import {
  headerNameProblem,
  headerValueRule,
  isHeaderValue,
  maxHeaders,
  maxHeaderValueLength,
} from "@castellan/calls";
import { z } from "zod";

/** RFC 6750 §2.1 in spirit: issuers use more characters than it allows, but never a space. */
const bearer = /^[\x21-\x7e]+$/;

const headerValue = z
  .string()
  .max(maxHeaderValueLength, { abort: true })
  .refine(isHeaderValue, headerValueRule);

const bearerToken = z
  .string()
  .max(maxHeaderValueLength - "Bearer ".length)
  .regex(bearer, "must be visible ASCII characters without spaces");

/** `{Name: value}` in any case → the same in lower case, in which no name is left twice. */
function headersOf<Value extends z.ZodType>(value: Value) {
  return z.record(z.string(), value).transform((given, context) => {
    const result: Record<string, z.output<Value>> = {};
    const refuse = (name: string, message: string) =>
      context.addIssue({ code: "custom", path: [name], message, input: undefined });
    const all = Object.entries(given);
    if (all.length > maxHeaders)
      context.addIssue({ code: "custom", message: `must have at most ${maxHeaders} entries` });
    for (const [name, one] of all) {
      const lower = name.toLowerCase();
      const problem = headerNameProblem(name);
      if (problem !== undefined) refuse(name, problem);
      else if (Object.hasOwn(result, lower)) refuse(name, "is given twice");
      else result[lower] = one as z.output<Value>;
    }
    return result;
  });
}

/** Of a new server. */
export const newHeaders = {
  headers: headersOf(headerValue).optional(),
  /** Short for the header `Authorization: Bearer …`. */
  bearerToken: bearerToken.optional(),
};

/** Merged into the headers that are stored; null takes one away. */
export const changedHeaders = {
  headers: headersOf(headerValue.nullable()).optional(),
  bearerToken: bearerToken.nullable().optional(),
};

interface Given<Value> {
  readonly headers?: Readonly<Record<string, Value>> | undefined;
  readonly bearerToken?: Value | undefined;
}

/** One of the two would be lost: to be refined with `authorizationTwice`. */
export function hasOneAuthorization({ headers, bearerToken }: Given<string | null>): boolean {
  return bearerToken === undefined || headers?.["authorization"] === undefined;
}

export const authorizationTwice = {
  path: ["bearerToken"],
  message: "is given beside a header Authorization",
};

/** Both as headers. */
export function allHeaders<Value extends string | null>({
  headers,
  bearerToken,
}: Given<Value>): Record<string, Value> {
  if (bearerToken === undefined) return { ...headers };
  const authorization = bearerToken === null ? bearerToken : `Bearer ${bearerToken}`;
  return { ...headers, authorization: authorization as Value };
}
