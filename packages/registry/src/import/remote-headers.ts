/** The headers that a remote asks for, with the values that the document or the request gives them. */
import type { Remote, RemoteHeader } from "./server-json.ts";
import { fillIn, ownValue, placeholdersOf, type Values } from "./values.ts";

/**
 * What the request gives goes before what the document says; headers that only the request knows are kept.
 * What is missing or wrong is told to `values`. Names in lower case.
 */
export function fillHeaders(
  { headers = [] }: Remote,
  field: string,
  given: Readonly<Record<string, string>>,
  values: Values,
): Record<string, string> {
  const filled = new Map(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]));
  const seen = new Set<string>();
  for (const [index, header] of headers.entries()) {
    const name = header.name.toLowerCase();
    if (seen.has(name)) values.refuse(`${field}.headers[${index}].name`, "is there twice");
    seen.add(name);
    const own = filled.get(name);
    const value =
      own === undefined ? valueOf(header, values) : values.check(`headers.${header.name}`, own, header);
    if (value !== undefined) filled.set(name, value);
  }
  return Object.fromEntries(filled);
}

/** Undefined where there is none: then it is missing, or not sent. */
function valueOf(header: RemoteHeader, values: Values): string | undefined {
  const { name, value: template, isRequired = false, isSecret = false } = header;
  if (template === undefined) {
    if (header.default === undefined && isRequired) values.miss(`headers.${name}`, isSecret);
    return header.default;
  }
  const filled = new Map<string, string>();
  const absent = placeholdersOf(template).filter((placeholder) => {
    const value = values.find(placeholder, ownValue(header.variables, placeholder));
    if (value !== undefined) filled.set(placeholder, value);
    return value === undefined;
  });
  if (absent.length === 0) return fillIn(template, (placeholder) => filled.get(placeholder) ?? "");
  for (const placeholder of absent) {
    // Documents use variables that they do not declare; they are as the header is.
    const declared = ownValue(header.variables, placeholder) ?? { isRequired, isSecret };
    if (isRequired || declared.isRequired === true)
      values.miss(`variables.${placeholder}`, isSecret || declared.isSecret === true);
  }
  return undefined;
}
