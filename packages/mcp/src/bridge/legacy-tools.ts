/**
 * Tools whose schemas 2026-07-28 allows and clients of before cannot read: for one of them they throw the
 * whole list away. Up to 2025-11-25 the properties of a tool's schemas are objects, the root of its
 * `outputSchema` is of type `object`, and so is `structuredContent` (schema, `Tool`, `CallToolResult`).
 */
import type { Era } from "../versions.ts";
import { isObjectText, withMembers } from "../json/members.ts";
import { edit, objectMembers, type Span } from "../json/scan.ts";
import { isObject } from "../jsonrpc/message.ts";

/**
 * The text of a tool's definition as a legacy client reads it. Boolean properties become objects of the same
 * meaning. An `outputSchema` of another type than `object` is moved into a property `result`, as what the tool
 * answers is (`toLegacyToolResult`); where that cannot be done it says no more than that there is an object.
 */
export function toLegacyTool(toolText: string, serverEra: Era): string {
  const members = objectMembers(toolText);
  const input = textAt(toolText, members.get("inputSchema"));
  const output = textAt(toolText, members.get("outputSchema"));
  return withMembers(
    toolText,
    {
      ...(input !== undefined && { inputSchema: withObjectProperties(input) }),
      ...(output !== undefined && { outputSchema: toLegacyOutput(output, serverEra) }),
    },
    members,
  );
}

/** A tool's result with a `structuredContent` that is an object: what is none becomes its `result`. */
export function toLegacyToolResult(resultText: string): string {
  const members = objectMembers(resultText);
  const content = textAt(resultText, members.get("structuredContent"));
  return content === undefined || isObjectText(content)
    ? resultText
    : withMembers(resultText, { structuredContent: `{"result":${content}}` }, members);
}

/** JSON Schema 2020-12 §4.3.2: `true` is the same as `{}`, `false` as `{"not":{}}`. */
function withObjectProperties(schemaText: string): string {
  const span = isObjectText(schemaText) ? objectMembers(schemaText).get("properties") : undefined;
  if (!span || !isObjectText(textAt(schemaText, span))) return schemaText;
  const edits = [...objectMembers(schemaText, span.start).values()].flatMap((property) => {
    const same = objectsFor.get(textAt(schemaText, property) ?? "");
    return same === undefined ? [] : [{ span: property, text: same }];
  });
  return edit(schemaText, edits);
}

const objectsFor: ReadonlyMap<string, string> = new Map([
  ["true", "{}"],
  ["false", '{"not":{}}'],
]);

function toLegacyOutput(schemaText: string, serverEra: Era): string {
  const schema: unknown = JSON.parse(schemaText);
  const type = isObject(schema) ? schema["type"] : undefined;
  if (type === "object") return withObjectProperties(schemaText);
  // What may be an object is not moved when it is one. And a legacy server's results pass as they came.
  const isMoved =
    serverEra === "modern" && (typeof type === "string" || (isList(type) && !type.includes("object")));
  return isMoved && !refersToItself(schema)
    ? `{"type":"object","properties":{"result":${schemaText}},"required":["result"]}`
    : '{"type":"object"}';
}

/** References within a schema point elsewhere once it is moved. Spelled anew, since an escape could hide one. */
function refersToItself(schema: unknown): boolean {
  return /"\$(?:ref|dynamicRef|recursiveRef)":/.test(JSON.stringify(schema));
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0;
}

function textAt(text: string, span: Span | undefined): string | undefined {
  return span && text.slice(span.start, span.end);
}
