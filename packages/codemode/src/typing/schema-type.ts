/**
 * A JSON Schema as a TypeScript type: for models, who read it, and for nobody's compiler. Schemas are strangers': they may be recursive, huge,
 * and made of names that look like code, so all of it is bounded and nothing of it leaves its quotes or its comment.
 */
import { commentText } from "./comment.ts";
import { resolvePointer } from "./pointer.ts";

export interface SchemaTypes {
  /** Of a schema of the same document; `indent` in levels of two spaces. */
  typeOf(schema: unknown, indent?: number): string;
  /** Declarations of the types that refer to themselves: `type Node = …;`, known once all types have been asked for. */
  aliases(): readonly string[];
}

const maxDepth = 12;
/** Parts of schemas in one signature; what comes after them is `unknown`. */
const maxParts = 1500;
const maxProperties = 200;
const maxValues = 50;
const maxValueLength = 200;
const maxComment = 300;
/** A pattern longer than this tells a reader nothing. */
const maxPattern = 80;

/** Whether somebody writes such values or gets them: what values have to keep to is told to who writes them. */
export type SchemaSide = "arguments" | "result";

/** Types of a result have names of their own, since both sides are shown together. */
export function createSchemaTypes(root: unknown, side: SchemaSide): SchemaTypes {
  const suffix = side === "result" ? "Result" : "";
  const aliasOf = new Map<string, string>();
  const declared = new Map<string, string>();
  const open = new Set<string>();
  let parts = 0;

  function typeOf(schema: unknown, indent: number, depth: number): string {
    if (schema === false) return "never";
    if (!isRecord(schema) || ++parts > maxParts || depth > maxDepth) return "unknown";
    if (typeof schema["$ref"] === "string") return referred(schema["$ref"], indent, depth);
    if ("const" in schema) return literal(schema["const"]);
    if (Array.isArray(schema["enum"]))
      return union(schema["enum"].slice(0, maxValues).map(literal), schema["enum"].length);
    const choices = listOf(schema["anyOf"]) ?? listOf(schema["oneOf"]);
    const own = ownType(schema, indent, depth);
    const all = listOf(schema["allOf"])?.map((part) => typeOf(part, indent, depth + 1)) ?? [];
    const chosen =
      choices &&
      union(
        choices.slice(0, maxValues).map((part) => typeOf(part, indent, depth + 1)),
        choices.length,
      );
    const met = [
      ...new Set([own, ...all, chosen].filter((type) => type !== undefined && type !== "unknown")),
    ];
    return met.length === 0
      ? "unknown"
      : met.map((type) => (met.length > 1 && type?.includes(" | ") ? `(${type})` : type)).join(" & ");
  }

  function referred(ref: string, indent: number, depth: number): string {
    if (open.has(ref)) return aliasFor(ref);
    const target = resolvePointer(root, ref);
    if (target === undefined) return "unknown";
    if (declared.has(ref)) return aliasFor(ref);
    open.add(ref);
    const type = typeOf(target, indent, depth + 1);
    open.delete(ref);
    if (!aliasOf.has(ref)) return type;
    // References that lead round to themselves say nothing.
    declared.set(ref, type === aliasFor(ref) ? "unknown" : type);
    return aliasFor(ref);
  }

  function aliasFor(ref: string): string {
    const known = aliasOf.get(ref);
    if (known) return known;
    const last = ref.slice(ref.lastIndexOf("/") + 1).replaceAll(/\W/g, "");
    const base = /^[A-Za-z]/.test(last) ? last.slice(0, 60) : `Type${last.slice(0, 60)}`;
    const named = `${base[0]?.toUpperCase()}${base.slice(1)}`;
    const plain = `${named}${ownTypes.has(named) ? "Type" : ""}${suffix}`;
    let name = plain;
    for (let n = 2; [...aliasOf.values()].includes(name); n++) name = `${plain}${n}`;
    aliasOf.set(ref, name);
    return name;
  }

  function ownType(schema: Schema, indent: number, depth: number): string | undefined {
    const { type } = schema;
    if (Array.isArray(type))
      return union(
        type.slice(0, 10).map((one) => ofType(one, schema, indent, depth)),
        type.length,
      );
    const kind = type ?? impliedType(schema);
    const text = kind === undefined ? undefined : ofType(kind, schema, indent, depth);
    return text !== undefined && schema["nullable"] === true ? union([text, "null"], 2) : text;
  }

  function ofType(type: unknown, schema: Schema, indent: number, depth: number): string {
    switch (type) {
      case "string":
      case "boolean":
      case "null":
      case "number":
        return type;
      case "integer":
        return "number";
      case "array":
        return arrayType(schema, indent, depth);
      case "object":
        return objectType(schema, indent, depth);
      default:
        return "unknown";
    }
  }

  function arrayType(schema: Schema, indent: number, depth: number): string {
    const tuple = listOf(schema["prefixItems"]) ?? listOf(schema["items"]);
    if (tuple)
      return `[${tuple
        .slice(0, maxValues)
        .map((part) => typeOf(part, indent, depth + 1))
        .join(", ")}]`;
    const item = typeOf(schema["items"], indent, depth + 1);
    return /^\w+(?:\[\])*$/.test(item) ? `${item}[]` : `Array<${item}>`;
  }

  function objectType(schema: Schema, indent: number, depth: number): string {
    const properties = isRecord(schema["properties"]) ? Object.entries(schema["properties"]) : [];
    const required = new Set(Array.isArray(schema["required"]) ? (schema["required"] as unknown[]) : []);
    const inner = "  ".repeat(indent + 1);
    const lines = properties.slice(0, maxProperties).flatMap(([name, value]) => {
      if (parts > maxParts) return [];
      const told = describeValue(value, side);
      const mark = required.has(name) ? "" : "?";
      const line = `${inner}${propertyName(name)}${mark}: ${typeOf(value, indent + 1, depth + 1)};`;
      return told === "" ? [line] : [`${inner}/** ${told} */`, line];
    });
    if (properties.length > maxProperties || parts > maxParts) lines.push(`${inner}/* and more */`);
    const more = schema["additionalProperties"];
    if (more !== undefined && more !== false && (isRecord(more) || properties.length === 0))
      lines.push(`${inner}[key: string]: ${typeOf(more, indent + 1, depth + 1)};`);
    if (lines.length > 0) return `{\n${lines.join("\n")}\n${"  ".repeat(indent)}}`;
    return properties.length === 0 && more === false ? "{}" : "Record<string, unknown>";
  }

  return {
    typeOf: (schema, indent = 0) => typeOf(schema, indent, 0),
    aliases: () => [...declared].map(([ref, type]) => `type ${aliasOf.get(ref)} = ${type};`),
  };
}

type Schema = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) && value.length > 0 ? value : undefined;
}

/** Schemas without `type` mean one by what they say. */
function impliedType(schema: Schema): string | undefined {
  if ("properties" in schema || "additionalProperties" in schema) return "object";
  if ("items" in schema || "prefixItems" in schema) return "array";
  return undefined;
}

function union(types: readonly string[], length: number): string {
  const each = [...new Set(types)];
  if (each.includes("unknown")) return "unknown";
  return [...each, ...(length > types.length ? ["unknown"] : [])].join(" | ") || "never";
}

/** JSON is a literal type; nothing in its quotes can end it. */
function literal(value: unknown): string {
  if (typeof value === "object" && value !== null) return "unknown";
  const text = JSON.stringify(value) ?? "unknown";
  return text.length > maxValueLength ? "string" : safe(text);
}

function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]{0,99}$/.test(name) ? name : safe(JSON.stringify(name.slice(0, maxValueLength)));
}

/** Characters that end a line, do not show, or turn the direction of text are written as escapes. */
function safe(json: string): string {
  return json.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (found) =>
    [...Array(found.length).keys()]
      .map((at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}

/** What a schema says beside its type, for a comment. */
function describeValue(schema: unknown, side: SchemaSide): string {
  if (!isRecord(schema)) return "";
  const told = [commentText(schema["description"] ?? schema["title"], maxComment)];
  for (const [name, word] of hints) {
    const value = schema[name];
    if (value === undefined || (typeof value === "object" && value !== null)) continue;
    if (!isTelling(name, schema, side)) continue;
    told.push(
      commentText(
        `${word} ${typeof value === "string" && name === "default" ? JSON.stringify(value) : String(value)}`,
        100,
      ),
    );
  }
  return told.filter((text) => text !== "").join(" ");
}

const hints = [
  ["default", "@default"],
  ["format", "@format"],
  ["pattern", "@pattern"],
  ["minimum", "@minimum"],
  ["maximum", "@maximum"],
  ["exclusiveMinimum", "@exclusiveMinimum"],
  ["exclusiveMaximum", "@exclusiveMaximum"],
  ["minLength", "@minLength"],
  ["maxLength", "@maxLength"],
  ["minItems", "@minItems"],
  ["maxItems", "@maxItems"],
  ["deprecated", "@deprecated"],
] as const;

/** A format says what its pattern says, in a word; and what every number of a program keeps to goes without saying. */
function isTelling(hint: (typeof hints)[number][0], schema: Schema, side: SchemaSide): boolean {
  if (hint === "format") return true;
  if (side === "result") return false;
  const value = schema[hint];
  if (hint === "pattern") return schema["format"] === undefined && String(value).length <= maxPattern;
  return typeof value !== "number" || Math.abs(value) < Number.MAX_SAFE_INTEGER;
}

/** Names that types have in TypeScript itself, and in a signature. */
const ownTypes: ReadonlySet<string> = new Set(
  "Array BigInt Boolean Date Error Function Map Number Object Promise Record Set String Symbol".split(" "),
);
