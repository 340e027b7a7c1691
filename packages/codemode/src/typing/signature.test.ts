import { stripTypeScriptTypes } from "node:module";
import { codePoint } from "@castellan/kernel/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { maxSignature, signatureOf } from "./signature.ts";

function signature(inputSchema: unknown, outputSchema?: unknown, description: unknown = "Does it.") {
  return signatureOf({
    identifier: "a_b",
    server: "srv",
    class: "read",
    description,
    inputSchema,
    outputSchema,
  });
}

test("a tool with everything", () => {
  const input = {
    type: "object",
    required: ["q", "in-order"],
    properties: {
      q: { type: "string", description: "What to look for.\nIn words.", minLength: 1 },
      limit: { type: "integer", default: 20, minimum: 1, maximum: 100 },
      "in-order": { enum: ["asc", "desc", null] },
      ids: { type: "array", items: { type: ["string", "number"] } },
      pair: { type: "array", prefixItems: [{ type: "string" }, { const: 2 }] },
      owner: { $ref: "#/$defs/Person" },
      labels: { type: "object", additionalProperties: { type: "boolean" } },
      choice: { oneOf: [{ type: "string", format: "date" }, { type: "null" }] },
      mixed: { allOf: [{ type: "object", properties: { a: {} } }, { anyOf: [{ const: 1 }, { const: 2 }] }] },
      deep: { $ref: "#/$defs/Tree" },
    },
    $defs: {
      Person: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
      Tree: { type: "object", properties: { children: { type: "array", items: { $ref: "#/$defs/Tree" } } } },
    },
  };
  const output = { type: "object", properties: { total: { type: "number" } }, required: ["total"] };
  expect(signature(input, output)).toBe(`type Tree = {
    children?: Tree[];
  };
/** Does it. [srv, read] */
codemode.a_b(args: {
  /** What to look for. In words. @minLength 1 */
  q: string;
  /** @default 20 @minimum 1 @maximum 100 */
  limit?: number;
  "in-order": "asc" | "desc" | null;
  ids?: Array<string | number>;
  pair?: [string, 2];
  owner?: {
    name: string;
  };
  labels?: {
    [key: string]: boolean;
  };
  choice?: string | null;
  mixed?: {
    a?: unknown;
  } & (1 | 2);
  deep?: Tree;
}): Promise<{
  total: number;
}>`);
});

test("limits are told to who writes a value, where they say something", () => {
  const uuid = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";
  const schema = {
    type: "object",
    properties: {
      code: { type: "string", pattern: "^[A-Z]{3}$", default: "EUR" },
      day: { type: "string", format: "date", pattern: "^\\d+$" },
      id: { type: "string", description: "An id", pattern: `${uuid}|${uuid}` },
      count: { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
      any: { type: "integer", minimum: -Number.MAX_SAFE_INTEGER },
      cents: { type: "integer", exclusiveMinimum: 0, exclusiveMaximum: 10, deprecated: true },
    },
  };
  expect(signature(schema, schema)).toBe(`/** Does it. [srv, read] */
codemode.a_b(args?: {
  /** @default "EUR" @pattern ^[A-Z]{3}$ */
  code?: string;
  /** @format date */
  day?: string;
  /** An id */
  id?: string;
  /** @minimum 0 */
  count?: number;
  any?: number;
  /** @exclusiveMinimum 0 @exclusiveMaximum 10 @deprecated true */
  cents?: number;
}): Promise<{
  code?: string;
  /** @format date */
  day?: string;
  /** An id */
  id?: string;
  count?: number;
  any?: number;
  cents?: number;
}>`);
});

test("types of a schema are named apart from those of TypeScript, and what only leads to itself is unknown", () => {
  const node = (name: string) => ({ type: "object", properties: { next: { $ref: `#/$defs/${name}` } } });
  const schema = {
    type: "object",
    properties: {
      a: { $ref: "#/$defs/promise" },
      b: { $ref: "#/$defs/string" },
      c: { $ref: "#/$defs/round" },
    },
    $defs: {
      promise: node("promise"),
      string: node("string"),
      round: { $ref: "#/$defs/again" },
      again: { $ref: "#/$defs/round" },
    },
  };
  expect(signature(schema)).toBe(`type PromiseType = {
    next?: PromiseType;
  };
type StringType = {
    next?: StringType;
  };
type Round = unknown;
/** Does it. [srv, read] */
codemode.a_b(args?: {
  a?: PromiseType;
  b?: StringType;
  c?: Round;
}): Promise<unknown>`);
});

test("a tool that needs nothing and says nothing", () => {
  expect(signature({ type: "object" }, undefined, null)).toBe(
    "/** [srv, read] */\ncodemode.a_b(args?: Record<string, unknown>): Promise<unknown>",
  );
});

test("a signature too large is told without its types", () => {
  const properties = Object.fromEntries(
    Array.from({ length: 200 }, (_, n) => [`p${n}`, { description: "x".repeat(300) }]),
  );
  const text = signature({ type: "object", properties });
  expect(text).toBe(
    "/** Does it. [srv, read] */\ncodemode.a_b(args?: Record<string, unknown> /* too large to show: `codemode.tools()` has the schema */): Promise<unknown>",
  );
  expect(signature({ type: "object" }, { type: "object", properties })).toBe(
    "/** Does it. [srv, read] */\ncodemode.a_b(args?: Record<string, unknown>): Promise<unknown /* too large to show: `codemode.tools()` has the schema */>",
  );
  expect(signature(undefined, { type: "object" })).toBe(
    "/** Does it. [srv, read] */\ncodemode.a_b(args: Record<string, unknown> /* too large to show: `codemode.tools()` has the schema */): Promise<Record<string, unknown>>",
  );
});

test("schemas that double at each reference stay bounded", () => {
  const $defs = Object.fromEntries(
    Array.from({ length: 40 }, (_, n) => [
      `d${n}`,
      { type: "object", properties: { a: { $ref: `#/$defs/d${n + 1}` }, b: { $ref: `#/$defs/d${n + 1}` } } },
    ]),
  );
  const schema = { type: "object", properties: { a: { $ref: "#/$defs/d0" } }, $defs };
  expect(signature(schema, schema).length).toBeLessThan(maxSignature);
});

test("nothing that a schema says is code: taken as TypeScript, nothing of a signature is left to run", () => {
  const evil = fc.constantFrom(
    "*/ alert(1) /*",
    "*/",
    "\n}; go(); ({",
    "\u2028go()",
    '"; go(); "',
    "`${go()}`",
    "\\",
    "*\\/",
    "//",
    "/*",
    "a\u202eb",
    "__proto__",
    "$ref",
    "a*",
    "/ go()",
  );
  const text = fc.oneof(
    evil,
    fc.string({ unit: codePoint, maxLength: 12 }),
    fc.array(evil, { maxLength: 3 }).map((parts) => parts.join("")),
  );
  const { schema } = fc.letrec<{ schema: unknown }>((tie) => ({
    schema: fc.oneof(
      { maxDepth: 4 },
      fc.oneof(
        fc.boolean(),
        text,
        fc.constant(null),
        fc.record({ const: text }),
        fc.record({ enum: fc.array(text) }),
        fc.record({ type: text }),
      ),
      fc.record(
        {
          type: fc.oneof(
            fc.constantFrom("object", "array", "string"),
            fc.array(fc.constantFrom("object", "null")),
          ),
          description: text,
          title: text,
          default: text,
          pattern: text,
          format: text,
          required: fc.array(text),
          properties: fc.dictionary(text, tie("schema"), { maxKeys: 4 }),
          items: fc.oneof(tie("schema"), fc.array(tie("schema"), { maxLength: 3 })),
          anyOf: fc.array(tie("schema"), { maxLength: 3 }),
          allOf: fc.array(tie("schema"), { maxLength: 3 }),
          additionalProperties: tie("schema"),
          $ref: fc.oneof(
            fc.constant("#"),
            text.map((name) => `#/properties/${name}`),
            text,
          ),
        },
        { requiredKeys: [] },
      ),
    ),
  }));
  fc.assert(
    fc.property(schema, schema, text, (input, output, description) => {
      const declared = signature(input, output, description).replace(
        "codemode.a_b(",
        "declare function a_b(",
      );
      expect(
        stripTypeScriptTypes(declared)
          .replaceAll(/\/\*\*[^\n]*?\*\/|;/g, "")
          .trim(),
      ).toBe("");
    }),
    { numRuns: 500 },
  );
});
