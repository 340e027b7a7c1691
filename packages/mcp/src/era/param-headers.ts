/**
 * `Mcp-Param-*` headers (2026-07-28, SEP-2243): a property of a tool's input schema that is marked
 * `x-mcp-header: "Name"` must also travel as the header `Mcp-Param-Name`.
 *
 * Arguments are read as text, so that `12345678901234567890` is the same number in both places.
 */
import { isObject, memberOf, type JsonObject } from "../jsonrpc/message.ts";
import { mcpFaults } from "../faults.ts";
import { decodeHeaderValue, encodeHeaderValue } from "./header-value.ts";

/** Where a marked property stands in the arguments, and the name of its header. */
export interface ParamHeader {
  readonly name: string;
  readonly path: readonly string[];
}

const mark = "x-mcp-header";
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const primitives = new Set(["string", "integer", "boolean"]);

/** Keywords of JSON Schema below which no mark may stand: they hold a subschema or a list, or a map of them. */
const elsewhere = {
  list: [
    "additionalProperties",
    "allOf",
    "anyOf",
    "contains",
    "else",
    "if",
    "items",
    "not",
    "oneOf",
    "prefixItems",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
  ],
  map: ["$defs", "definitions", "dependentSchemas", "patternProperties"],
} as const;

/**
 * The marked properties of an input schema, or undefined when a mark breaks a rule: the spec
 * tells clients to drop such a tool. Only what a chain of `properties` leads to may be marked.
 */
export function paramHeadersOf(inputSchema: unknown): readonly ParamHeader[] | undefined {
  const found: ParamHeader[] = [];
  const isSound = collect(inputSchema, [], found);
  const names = new Set(found.map((header) => header.name.toLowerCase()));
  return isSound && names.size === found.length ? found : undefined;
}

/** The headers for a call with these arguments (JSON); absent and null arguments have none. */
export function toParamHeaders(
  headers: readonly ParamHeader[],
  argumentsText: string | undefined,
): Record<string, string> {
  const out: Record<string, string> = {};
  for (const { name, path } of headers) {
    const value = valueAt(argumentsText, path);
    if (value) out[headerName(name)] = encodeHeaderValue(value.text);
  }
  return out;
}

/** Throws `header_mismatch` unless each marked argument arrived as a header of the same value. */
export function assertParamHeaders(
  headers: readonly ParamHeader[],
  argumentsText: string | undefined,
  sent: (name: string) => string | undefined,
): void {
  for (const { name, path } of headers) {
    if (isSame(valueAt(argumentsText, path), sent(headerName(name)))) continue;
    throw mcpFaults.fault("header_mismatch", `Header Mcp-Param-${name} is not what the arguments say`, {
      field: `Mcp-Param-${name}`,
    });
  }
}

interface ArgumentValue {
  readonly text: string;
  readonly isNumber: boolean;
}

function headerName(name: string): string {
  return `mcp-param-${name.toLowerCase()}`;
}

/** The value of a marked argument; undefined for what has no header. */
function valueAt(argumentsText: string | undefined, path: readonly string[]): ArgumentValue | undefined {
  let raw = argumentsText;
  for (const key of path) raw = raw?.startsWith("{") ? memberOf(raw, key) : undefined;
  if (raw === undefined || raw === "null" || raw.startsWith("{") || raw.startsWith("[")) return undefined;
  if (raw.startsWith('"')) return { text: JSON.parse(raw) as string, isNumber: false };
  return { text: raw, isNumber: raw !== "true" && raw !== "false" };
}

function isSame(value: ArgumentValue | undefined, header: string | undefined): boolean {
  if (!value || header === undefined) return value === header;
  const told = decodeHeaderValue(header);
  if (told === value.text) return true;
  // `3.0` and `3` are one integer; where a double cannot tell two of them apart, only the spelling can.
  const number = Number(value.text);
  return value.isNumber && told !== undefined && Number(told) === number && Number.isSafeInteger(number);
}

function collect(schema: unknown, path: readonly string[], into: ParamHeader[]): boolean {
  if (!isObject(schema)) return true;
  if (mark in schema) {
    if (path.length === 0 || !isSoundMark(schema)) return false;
    into.push({ name: String(schema[mark]), path });
  }
  const properties = isObject(schema["properties"]) ? schema["properties"] : {};
  return (
    Object.entries(properties).every(([key, property]) => collect(property, [...path, key], into)) &&
    !subschemasElsewhere(schema).some(isMarked)
  );
}

function isSoundMark(property: JsonObject): boolean {
  const { [mark]: name, type } = property;
  return typeof name === "string" && token.test(name) && typeof type === "string" && primitives.has(type);
}

/** Whether a mark stands anywhere in a subschema. */
function isMarked(schema: unknown): boolean {
  if (!isObject(schema)) return false;
  const properties = isObject(schema["properties"]) ? Object.values(schema["properties"]) : [];
  return mark in schema || properties.some(isMarked) || subschemasElsewhere(schema).some(isMarked);
}

function subschemasElsewhere(schema: JsonObject): unknown[] {
  return [
    ...elsewhere.list.flatMap((keyword) => schema[keyword]),
    ...elsewhere.map.flatMap((keyword) => {
      const map = schema[keyword];
      return isObject(map) ? Object.values(map) : [];
    }),
  ];
}
