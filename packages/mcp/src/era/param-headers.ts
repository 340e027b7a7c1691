/**
 * `Mcp-Param-*` headers (2026-07-28, SEP-2243): a property of a tool's input schema that is marked
 * `x-mcp-header: "Name"` must also travel as the header `Mcp-Param-Name`.
 *
 * Arguments are read as text, so that `12345678901234567890` is the same number in both places.
 */
import { isObject, memberOf, type JsonObject } from "../jsonrpc/message.ts";
import { mcpFaults } from "../faults.ts";
import { decodeHeaderValue, encodeHeaderValue, isHeaderValue } from "./header-value.ts";

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

/**
 * For callers that were not shown the marks: what they do send of the marked headers must be what the arguments
 * say. Throws `header_mismatch`.
 */
export function assertSentParamHeaders(
  headers: readonly ParamHeader[],
  argumentsText: string | undefined,
  sent: (name: string) => string | undefined,
): void {
  const told = headers.filter(({ name }) => sent(headerName(name)) !== undefined);
  assertParamHeaders(told, argumentsText, sent);
}

/** Of what a caller sends without the tool asking for it. */
const maxOthers = 32;
const maxOtherChars = 4_096;
const otherName = /^mcp-param-[!#$%&'*+\-.^_`|~0-9a-z]{1,64}$/;

/**
 * The caller's headers that the tool does not mark: whoever stands between must forward them (2026-07-28,
 * SEP-2243). `sent`: names in lower case.
 * Throws `header_mismatch` for a name or value that is none, and for more or longer ones than can be meant.
 */
export function unmarkedParamHeaders(
  headers: readonly ParamHeader[],
  sent: Readonly<Record<string, string>>,
): Record<string, string> {
  const marked = new Set(headers.map(({ name }) => headerName(name)));
  const others = Object.entries(sent).filter(([name]) => !marked.has(name));
  const chars = others.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (others.length > maxOthers || chars > maxOtherChars)
    throw mcpFaults.fault(
      "header_mismatch",
      `More than ${maxOthers} Mcp-Param headers, or ${maxOtherChars} characters of them, that the tool does not mark`,
      { field: "Mcp-Param" },
    );
  const bad = others.find(([name, value]) => !otherName.test(name) || !isHeaderValue(value));
  if (!bad) return Object.fromEntries(others);
  const field = bad[0].slice(0, 80);
  throw mcpFaults.fault("header_mismatch", `Header ${field} has no value that such a header can have`, {
    field,
  });
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
  if (!value.isNumber || told === undefined || !Number.isSafeInteger(number)) return false;
  return jsonNumber.test(told) && Number(told) === number;
}

/** `Number` takes more for a number: nothing at all, `0x10`. */
const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

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
