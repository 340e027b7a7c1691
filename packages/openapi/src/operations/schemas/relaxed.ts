/**
 * Schemas of answers. What an API says of its answers is often not kept to the letter (a null, a new value of an
 * enumeration, a member that is missing), and a client that checks then throws the whole answer away, of a call that was
 * carried out. So the shape is told, and nothing is demanded beyond it.
 */

const kept = new Set([
  "$ref",
  "type",
  "title",
  "description",
  "format",
  "deprecated",
  "items",
  "properties",
  "additionalProperties",
  "allOf",
  "anyOf",
  "oneOf",
]);

export function relaxed(schema: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const out: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (!kept.has(keyword) || (keyword === "additionalProperties" && value === false)) continue;
    // Of values that fit more than one, none would be taken.
    if (keyword === "oneOf") out["anyOf"] ??= value;
    else if (keyword === "type") out["type"] = typeOf(value);
    else out[keyword] = value;
  }
  return out;
}

/** Anything may be null. */
function typeOf(type: unknown): unknown {
  const types = new Set([type].flat());
  if (types.has("integer")) types.add("number").delete("integer");
  return [...types.add("null")];
}
