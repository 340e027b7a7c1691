import { assertUnambiguous, decodeBody, mcpFaults } from "@castellan/mcp";
import { readBody, requestHeader } from "@castellan/web";
import type { Context } from "hono";

/** The longest body that is taken, unless an operation takes more. */
export const maxBodyBytes = 1024 * 1024;

/**
 * The JSON value in a request's body; undefined when it is optional and empty: then its type is not looked at, for
 * many clients name one with every request. Throws `media_type_unsupported`, `body_too_large`, `body_incomplete`,
 * `json_malformed`, `json_ambiguous`, `json_too_deep`.
 */
export async function readJson(
  c: Context,
  { isOptional, maxBytes = maxBodyBytes }: { isOptional: boolean; maxBytes?: number | undefined },
): Promise<unknown> {
  const mediaType = requestHeader(c, "content-type")?.split(";", 1)[0]?.trim().toLowerCase();
  const isJson = mediaType === "application/json";
  if (!isJson && !isOptional) throw mediaTypeUnsupported();
  const body = await readBody(c, { maxBytes });
  if (isOptional && body.length === 0) return undefined;
  if (!isJson) throw mediaTypeUnsupported();
  const text = decodeBody(body);
  const value = parse(text);
  assertUnambiguous(text);
  return value;
}

function mediaTypeUnsupported(): Error {
  return mcpFaults.fault("media_type_unsupported", "Send the body with Content-Type: application/json", {
    field: "Content-Type",
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // V8's message quotes the input, in which there may be a secret.
    throw mcpFaults.fault("json_malformed", "The body is not JSON", { cause });
  }
}
