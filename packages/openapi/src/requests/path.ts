/** The path of a request. Whatever is put into it, it stays the path of its operation. */
import { isDotSegment } from "../operations/path-template.ts";
import type { Operation, Parameter } from "../operations/operation.ts";
import { encode } from "./encode.ts";
import { isGivenObject, isList, textOf, type Given } from "./given.ts";
import { requestInvalid } from "./invalid.ts";

const maxPathChars = 8 * 1024;

/** `values`: by the names of the API. Throws `api_request_invalid`. */
export function writePath(
  operation: Operation,
  values: ReadonlyMap<string, readonly [Parameter, Given]>,
): string {
  const segments = operation.segments.map((parts) => {
    const segment = parts
      .map((part) => ("literal" in part ? part.literal : written(values, part.parameter)))
      .join("");
    if (leadsElsewhere(segment))
      throw requestInvalid("The path", "would lead to another operation with these arguments");
    return segment;
  });
  const path = `/${segments.join("/")}`;
  if (path.length > maxPathChars)
    throw requestInvalid("The path", `is longer than ${maxPathChars} characters`);
  return path;
}

/** Pieces that are harmless by themselves may make up a dot segment: `.` and `/x`, to a reader that takes `%2F` for a slash. */
function leadsElsewhere(segment: string): boolean {
  return segment
    .replaceAll(/%2F|%5C/gi, "/")
    .split("/")
    .some(isDotSegment);
}

function written(values: ReadonlyMap<string, readonly [Parameter, Given]>, name: string): string {
  const found = values.get(name);
  if (!found) throw requestInvalid(name, "is missing");
  const [parameter, given] = found;
  return inStyle(parameter, given);
}

/** OpenAPI 3.1.1 §4.8.12.4; RFC 6570 §3.2.2, §3.2.5, §3.2.7. */
function inStyle(parameter: Parameter, given: Given): string {
  const { name, style, explode } = parameter;
  const text = (value: Given) => encode(safe(parameter, value));
  if (parameter.isJson) return encode(safe(parameter, JSON.stringify(given)));
  const isObject = isGivenObject(given);
  const parts = isObject
    ? Object.entries(given).flatMap(([key, value]) =>
        explode ? [`${text(key)}=${text(value)}`] : [text(key), text(value)],
      )
    : isList(given)
      ? given.map(text)
      : [text(given)];
  if (parts.length === 0)
    throw requestInvalid(parameter.argument, "must not be empty: it is a part of the path");
  if (style === "label") return `.${parts.join(explode ? "." : ",")}`;
  if (style !== "matrix") return parts.join(",");
  if (!explode) return `;${encode(name)}=${parts.join(",")}`;
  return parts.map((part) => (isObject ? `;${part}` : `;${encode(name)}=${part}`)).join("");
}

/**
 * A value that no reader of the path takes for more than one segment, or for a way upwards: not even one that decodes twice, or takes
 * `%2F` and `\` for a slash. An empty one would make `DELETE /users/{id}` a `DELETE /users/`.
 */
function safe({ argument }: Parameter, given: Given): string {
  const text = textOf(given);
  if (text === "") throw requestInvalid(argument, "must not be empty: it is a part of the path");
  if (/\p{Cc}/u.test(text)) throw requestInvalid(argument, "has a control character");
  if (/%(?:25)*(?:2e|2f|5c|00)/i.test(text))
    throw requestInvalid(argument, "is encoded already: give it as it is meant");
  if (text.split(/[/\\]/).some((segment) => segment === "." || segment === ".."))
    throw requestInvalid(argument, "would lead to another path");
  return text;
}
