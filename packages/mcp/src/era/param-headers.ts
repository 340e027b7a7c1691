/**
 * `Mcp-Param-*` headers (2026-07-28, SEP-2243): a property of a tool's input schema that is marked
 * `x-mcp-header: "Name"` must also travel as the header `Mcp-Param-Name`.
 */
import { isObject, type JsonObject } from "../jsonrpc/message.ts";
import { mcpFaults } from "../faults.ts";
import { decodeHeaderValue, encodeHeaderValue } from "./header-value.ts";

/** Where a marked property stands in the arguments, and the name of its header. */
export interface ParamHeader {
  readonly name: string;
  readonly path: readonly string[];
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const primitives = new Set(["string", "integer", "boolean"]);

/**
 * The marked properties of an input schema, or undefined when a mark breaks a rule: the spec
 * tells clients to drop such a tool. Marks count only where they are reachable through `properties`.
 */
export function paramHeadersOf(inputSchema: unknown): readonly ParamHeader[] | undefined {
  const found: ParamHeader[] = [];
  const isSound = collect(inputSchema, [], found);
  const names = new Set(found.map((header) => header.name.toLowerCase()));
  return isSound && names.size === found.length ? found : undefined;
}

/** The headers for a call with these arguments; absent and null arguments have none. */
export function toParamHeaders(headers: readonly ParamHeader[], args: unknown): Record<string, string> {
  const out: Record<string, string> = {};
  for (const { name, path } of headers) {
    let value = args;
    for (const key of path) value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
    if (typeof value === "string" || typeof value === "boolean" || typeof value === "number")
      out[`mcp-param-${name.toLowerCase()}`] = encodeHeaderValue(String(value));
  }
  return out;
}

/** Throws `header_mismatch` unless each marked argument arrived as a header of the same value. */
export function assertParamHeaders(
  headers: readonly ParamHeader[],
  args: unknown,
  sent: (name: string) => string | undefined,
): void {
  const expected = toParamHeaders(headers, args);
  for (const { name } of headers) {
    const key = `mcp-param-${name.toLowerCase()}`;
    const [want, got] = [expected[key], sent(key)].map((value) => value && decodeHeaderValue(value));
    if (want !== got)
      throw mcpFaults.fault("header_mismatch", `Header Mcp-Param-${name} is not what the arguments say`, {
        field: `Mcp-Param-${name}`,
      });
  }
}

function collect(schema: unknown, path: readonly string[], into: ParamHeader[]): boolean {
  const properties = isObject(schema) ? schema["properties"] : undefined;
  if (!isObject(properties)) return true;
  return Object.entries(properties).every(([key, property]) => {
    if (!isObject(property)) return true;
    const here = [...path, key];
    if (!("x-mcp-header" in property)) return collect(property, here, into);
    if (!isSoundMark(property)) return false;
    into.push({ name: String(property["x-mcp-header"]), path: here });
    return true;
  });
}

function isSoundMark(property: JsonObject): boolean {
  const { "x-mcp-header": name, type } = property;
  return typeof name === "string" && token.test(name) && typeof type === "string" && primitives.has(type);
}
