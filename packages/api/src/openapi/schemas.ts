/** Schemas of the operations as JSON Schema 2020-12, which is what OpenAPI 3.1 speaks. */
import { z } from "zod";

/** As much of JSON Schema as the operations need. */
export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  enum?: unknown[];
  const?: unknown;
  format?: string;
  pattern?: string;
  default?: unknown;
  [keyword: string]: unknown;
}

/** Schemas by their name in the document. */
export type NamedSchemas = Record<string, JsonSchema>;

/**
 * What goes in, or comes out, as JSON Schema. Schemas with an `id` in their metadata become named ones, which are
 * put into `named`. A name that means two things is a defect, and thrown.
 */
export function toJsonSchema(schema: z.ZodType, io: "input" | "output", named: NamedSchemas): JsonSchema {
  // Within another schema, for a root with a name of its own is written out and not named.
  const { properties, $defs } = z.toJSONSchema(z.object({ root: schema }), {
    io,
    override: ({ jsonSchema }) => loosen(jsonSchema as JsonSchema, io),
  }) as unknown as { properties: { root: JsonSchema }; $defs?: NamedSchemas };
  for (const [name, { id: _, ...definition }] of Object.entries($defs ?? {})) add(named, name, definition);
  return pointToComponents(properties.root) as JsonSchema;
}

/** The members of an object schema, and which of them must be there: for parameters. */
export function membersOf(schema: z.ZodType | undefined, named: NamedSchemas) {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = toJsonSchema(schema, "input", named);
  return Object.entries(properties).map(([name, { description, ...member }]) => ({
    name,
    description,
    schema: member,
    isRequired: required.includes(name),
  }));
}

function loosen(schema: JsonSchema, io: "input" | "output"): void {
  // Zod's own pattern for a time is 300 characters long and says what `format` does.
  if (schema.format === "date-time") delete schema.pattern;
  // Text in a query that is a number: the pattern is of the text.
  if (schema.type === "integer") delete schema.pattern;
  // A later release may tell more, so readers must not mind.
  if (io === "output" && schema.additionalProperties === false) delete schema.additionalProperties;
}

function add(named: NamedSchemas, name: string, definition: JsonSchema): void {
  const schema = pointToComponents(definition) as JsonSchema;
  const known = named[name];
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema))
    throw new TypeError(`Two schemas are named "${name}", or one that is not the same going in and out`);
  named[name] = schema;
}

function pointToComponents(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pointToComponents);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      key === "$ref" && typeof member === "string"
        ? member.replace("#/$defs/", "#/components/schemas/")
        : pointToComponents(member),
    ]),
  );
}
