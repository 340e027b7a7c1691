/** The keywords of JSON Schema 2020-12 that are taken over, and what their values have to be. All others are left out. */
import { bounded, elementsOf } from "../../document/members.ts";

const maxDescriptionChars = 1_000;
const maxValueChars = 4_096;

/** The value as it is taken over; undefined where it is none that a reader could work with. */
export type TakeOver = (value: unknown) => unknown;

const number: TakeOver = (value) => (typeof value === "number" && Number.isFinite(value) ? value : undefined);
const count: TakeOver = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? value : undefined;
const flag: TakeOver = (value) => (typeof value === "boolean" ? value : undefined);
const text: TakeOver = (value) =>
  typeof value === "string" ? bounded(value, maxDescriptionChars) : undefined;
const value: TakeOver = (given) =>
  given !== undefined && (JSON.stringify(given)?.length ?? Infinity) <= maxValueChars ? given : undefined;

/** One that no engine compiles makes the whole schema useless to clients that check by it. */
const pattern: TakeOver = (given) => {
  if (typeof given !== "string" || given.length > maxDescriptionChars) return undefined;
  try {
    return new RegExp(given, "u").source === "" ? undefined : given;
  } catch {
    return undefined;
  }
};

const required: TakeOver = (given) => {
  const names = [...new Set(elementsOf(given).filter((name) => typeof name === "string"))];
  return names.length === 0 ? undefined : names;
};

const choices: TakeOver = (given) => (Array.isArray(given) && given.length > 0 ? value(given) : undefined);

const simpleTypes: ReadonlySet<unknown> = new Set([
  "array",
  "boolean",
  "integer",
  "null",
  "number",
  "object",
  "string",
]);

const type: TakeOver = (given) => {
  const types = [...new Set([given].flat())].filter((one) => simpleTypes.has(one));
  return types.length > 1 ? types : types[0];
};

export const plainKeywords: Readonly<Record<string, TakeOver>> = {
  type,
  title: text,
  description: text,
  format: text,
  default: value,
  deprecated: flag,
  enum: choices,
  const: value,
  multipleOf: (given) => (typeof given === "number" && given > 0 ? number(given) : undefined),
  maximum: number,
  minimum: number,
  exclusiveMaximum: number,
  exclusiveMinimum: number,
  maxLength: count,
  minLength: count,
  pattern,
  contentEncoding: text,
  contentMediaType: text,
  maxItems: count,
  minItems: count,
  uniqueItems: flag,
  maxContains: count,
  minContains: count,
  maxProperties: count,
  minProperties: count,
  required,
};

/** Those whose value is a schema. */
export const schemaKeywords: ReadonlySet<string> = new Set([
  "not",
  "if",
  "then",
  "else",
  "contains",
  "propertyNames",
  "additionalProperties",
  "items",
]);
/** Those whose value is a list of schemas. */
export const schemaListKeywords: ReadonlySet<string> = new Set(["allOf", "anyOf", "oneOf", "prefixItems"]);
/** Those whose value is an object of schemas. */
export const schemaMapKeywords: ReadonlySet<string> = new Set([
  "properties",
  "patternProperties",
  "dependentSchemas",
]);

/** What OpenAPI 3.0 says in a way of its own, as 2020-12 says it. `schema` is what was taken over so far. */
export function withoutDialect(
  schema: Record<string, unknown>,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  for (const [bound, exclusive] of [
    ["minimum", "exclusiveMinimum"],
    ["maximum", "exclusiveMaximum"],
  ] as const)
    if (given[exclusive] === true && schema[bound] !== undefined) {
      schema[exclusive] = schema[bound];
      delete schema[bound];
    }
  return given["nullable"] === true ? orNull(schema) : schema;
}

/** The same, or null. */
export function orNull(schema: Record<string, unknown>): Record<string, unknown> {
  const { type: types, enum: values, const: only } = schema;
  if (types === undefined && values === undefined && only === undefined && !isCombined(schema)) return schema;
  if (isCombined(schema)) return { anyOf: [schema, { type: "null" }] };
  return {
    ...schema,
    ...(types !== undefined && { type: [...new Set([types, "null"].flat())] }),
    ...(Array.isArray(values) && !values.includes(null) && { enum: [...values, null] }),
    ...(only !== undefined && { const: undefined, enum: [only, null] }),
  };
}

function isCombined(schema: Record<string, unknown>): boolean {
  return ["$ref", "allOf", "anyOf", "oneOf"].some((keyword) => schema[keyword] !== undefined);
}
