/** JSON Schema as TypeScript types: as much of it as the API's document uses. */
import type { JsonSchema } from "@castellan/api";

const byType: Readonly<Record<string, string>> = {
  string: "string",
  number: "number",
  integer: "number",
  boolean: "boolean",
  null: "null",
};

/** The type, as text. Throws for what it does not understand: a type that says less would go unseen. */
export function typeOf(schema: JsonSchema): string {
  if (schema.$ref !== undefined) return nameOf(schema.$ref);
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return union(schema.enum.map((value) => JSON.stringify(value)));
  const choice = schema.anyOf ?? schema.oneOf;
  if (choice !== undefined) return union(choice.map(typeOf));
  if (schema.allOf !== undefined) return schema.allOf.map((part) => `(${typeOf(part)})`).join(" & ");
  if (Array.isArray(schema.type)) return union(schema.type.map((type) => typeOf({ ...schema, type })));
  if (schema.type === "array") return `readonly (${typeOf(schema.items ?? {})})[]`;
  if (schema.type === "object") return objectOf(schema);
  if (schema.type === undefined) return "not" in schema ? "never" : "unknown";
  const type = byType[schema.type];
  if (type === undefined) throw new TypeError(`There is no type for ${JSON.stringify(schema)}`);
  return type;
}

/** `export interface Name { … }`, or an alias where it is no object. */
export function declarationOf(name: string, schema: JsonSchema): string {
  const isPlain =
    schema.type === "object" &&
    schema.properties !== undefined &&
    typeof schema.additionalProperties !== "object";
  const face = commentOf(schema);
  return isPlain
    ? `${face}export interface ${name} ${typeOf(schema)}`
    : `${face}export type ${name} = ${typeOf(schema)};`;
}

export function commentOf({ description }: JsonSchema): string {
  return description === undefined ? "" : `/** ${description.replaceAll("*/", "*\\/")} */\n`;
}

function objectOf({ properties = {}, required = [], additionalProperties }: JsonSchema): string {
  const members = Object.entries(properties).map(([name, member]) => {
    const key = /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
    return required.includes(name)
      ? `${commentOf(member)}readonly ${key}: ${typeOf(member)};`
      : `${commentOf(member)}readonly ${key}?: ${typeOf(member)} | undefined;`;
  });
  const rest = typeof additionalProperties === "object" ? recordOf(additionalProperties) : undefined;
  if (members.length === 0)
    return rest ?? (additionalProperties === false ? "Readonly<Record<string, never>>" : recordOf({}));
  const own = `{\n${members.join("\n")}\n}`;
  return rest === undefined ? own : `${own} & ${rest}`;
}

function recordOf(member: JsonSchema): string {
  return `Readonly<Record<string, ${typeOf(member)}>>`;
}

function union(types: readonly string[]): string {
  return (
    [...new Set(types)].map((type) => (type.includes(" & ") ? `(${type})` : type)).join(" | ") || "never"
  );
}

function nameOf(reference: string): string {
  return reference.slice(reference.lastIndexOf("/") + 1);
}
