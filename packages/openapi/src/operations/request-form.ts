/**
 * How a request is written, as far as a document says it: what stands in the definition of a tool beside its words and schemas. What
 * is reviewed is the definition, and an argument that goes into a header today and into the query tomorrow is another
 * request of the same schema.
 */
import { createHash } from "node:crypto";
import type { ApiKey } from "../document/api-document.ts";
import type { MemberEncoding, Operation, Parameter, RequestBody } from "./operation.ts";
import { defaultAccept } from "./answers.ts";
import { defaultExplode, defaultStyles } from "./parameters.ts";

/** The member of a tool's `_meta`: an object in words, or `sha256` of its JSON where that is longer than a definition should be. */
export const requestMetaKey = "dev.castellan/request";

const maxChars = 2_000;

/** All that a request is made of (`buildRequest`), less what the server's registration says. Equal for documents that ask for the same. */
export function requestForm(
  operation: Pick<Operation, "method" | "path" | "basePath" | "accept" | "parameters" | "body">,
  apiKeys: readonly ApiKey[],
): object {
  const { method, path, basePath, accept, parameters, body } = operation;
  const form = {
    request: `${method} ${path}`,
    ...(basePath !== undefined && { below: basePath }),
    ...(accept !== defaultAccept && { accept }),
    ...(parameters.length > 0 && {
      arguments: Object.fromEntries(sorted(parameters.map((one) => [one.argument, parameterForm(one)]))),
    }),
    ...(body && { body: bodyForm(body) }),
    ...(apiKeys.length > 0 && { keys: apiKeys.map((key) => `${key.in} ${key.name}`).toSorted() }),
  };
  const text = JSON.stringify(form);
  if (text.length <= maxChars) return form;
  return { request: form.request, sha256: createHash("sha256").update(text).digest("hex") };
}

/** The place; with what is not as it would be without a word about it. */
function parameterForm(parameter: Parameter): unknown {
  const { name, argument, in: place, style, explode, allowReserved, isJson, type } = parameter;
  const more = {
    ...(name !== argument && { name }),
    ...(style !== defaultStyles[place] && { style }),
    ...(explode !== defaultExplode(style) && { explode }),
    ...(allowReserved && { allowReserved }),
    ...(isJson && { isJson, type }),
  };
  return Object.keys(more).length === 0 ? place : { in: place, ...more };
}

function bodyForm({ kind, mediaType, encodings, leftOut }: RequestBody): unknown {
  const members = [...encodings].map(([name, encoding]) => [name, encodingForm(encoding)] as const);
  return {
    [kind]: mediaType,
    ...(members.length > 0 && { encoding: Object.fromEntries(sorted(members)) }),
    ...(leftOut.size > 0 && { leftOut: [...leftOut].toSorted() }),
  };
}

function encodingForm({ style, explode, isJson }: MemberEncoding): object {
  return { ...(style && { style }), ...(explode !== undefined && { explode }), ...(isJson && { isJson }) };
}

function sorted<T>(entries: readonly (readonly [string, T])[]): (readonly [string, T])[] {
  return entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
}
