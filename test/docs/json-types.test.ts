/** The types of the API's client are made of JSON Schema: what comes of each of its forms. */
import { expect, test } from "vitest";
import { declarationOf, typeOf } from "../../docs/generate/json-types.ts";

test.each([
  [{}, "unknown"],
  [{ type: "string", format: "date-time" }, "string"],
  [{ type: "integer", minimum: 1 }, "number"],
  [{ type: ["string", "null"] }, "string | null"],
  [{ const: "a" }, '"a"'],
  [{ enum: ["a", 1, null] }, '"a" | 1 | null'],
  [{ anyOf: [{ type: "string" }, { type: "null" }, { type: "string" }] }, "string | null"],
  [{ allOf: [{ $ref: "#/components/schemas/A" }, { type: "string" }] }, "(A) & (string)"],
  [{ type: "array", items: { enum: ["a", "b"] } }, 'readonly ("a" | "b")[]'],
  [{ type: "object" }, "Readonly<Record<string, unknown>>"],
  [{ type: "object", additionalProperties: { type: "number" } }, "Readonly<Record<string, number>>"],
  [{ type: "object", additionalProperties: false }, "Readonly<Record<string, never>>"],
  [
    {
      type: "object",
      properties: { a: { type: "string", description: "Ends */ early" }, "b-c": {} },
      required: ["a"],
    },
    '{\n/** Ends *\\/ early */\nreadonly a: string;\nreadonly "b-c"?: unknown | undefined;\n}',
  ],
])("%j is %s", (schema, type) => {
  expect(typeOf(schema)).toBe(type);
});

test("a form that is not understood is refused, not guessed", () => {
  expect(() => typeOf({ type: "tuple" })).toThrow('There is no type for {"type":"tuple"}');
});

test("an object is declared as an interface, anything else as an alias", () => {
  const described = { type: "object", description: "A thing", properties: { a: { type: "string" } } };
  expect(declarationOf("A", described)).toBe(
    "/** A thing */\nexport interface A {\nreadonly a?: string | undefined;\n}",
  );
  expect(declarationOf("B", { enum: ["x", "y"] })).toBe('export type B = "x" | "y";');
});
