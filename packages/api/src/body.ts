import { assertUnambiguous, decodeBody, mcpFaults } from "@castellan/mcp";
import { readBody, requestHeader } from "@castellan/web";
import type { Context } from "hono";

/** The longest body that is taken. */
export const maxBodyBytes = 1024 * 1024;

/**
 * The JSON value in a request's body. Throws `media_type_unsupported`, `body_too_large`,
 * `body_incomplete`, `json_malformed`, `json_ambiguous`, `json_too_deep`.
 */
export async function readJson(c: Context): Promise<unknown> {
  const mediaType = requestHeader(c, "content-type")?.split(";", 1)[0]?.trim().toLowerCase();
  if (mediaType !== "application/json")
    throw mcpFaults.fault("media_type_unsupported", "Send the body with Content-Type: application/json", {
      field: "Content-Type",
    });
  const text = decodeBody(await readBody(c, { maxBytes: maxBodyBytes }));
  const value = parse(text);
  assertUnambiguous(text);
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // V8's message quotes the input, in which there may be a secret.
    throw mcpFaults.fault("json_malformed", "The body is not JSON", { cause });
  }
}
