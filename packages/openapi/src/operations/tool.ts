/** An operation as a tool (2026-07-28, `Tool`). */
import { isObject } from "@castellan/mcp";
import { bounded, elementsOf, textMember } from "../document/members.ts";
import { Unusable } from "../document/unusable.ts";
import { bodyArgument, type HttpMethod } from "./operation.ts";
import type { DescribedParameter } from "./parameters.ts";
import type { DescribedBody } from "./request-body.ts";
import { requestMetaKey } from "./request-form.ts";
import type { ReadSchema, Schema, Schemas, SchemaUse } from "./schemas/schemas.ts";

/** What a definition is made of; how long it gets is decided when all of them are known. */
export interface ToolParts {
  readonly name: string;
  readonly method: HttpMethod;
  readonly path: string;
  /** Where it is at other servers than the rest. */
  readonly basePath: string | undefined;
  /** The operation object. */
  readonly given: unknown;
  readonly parameters: readonly DescribedParameter[];
  readonly body: DescribedBody | undefined;
  /** A sentence about what of its body cannot be given. */
  readonly leftOut: string | undefined;
  /** How it is asked for: see `requestForm`. */
  readonly form: object;
  /** Of its answer; undefined for none. */
  readonly answer: unknown;
}

/** The longest that parts of a definition may be, characters; what is longer is told in less detail. */
export interface ToolLimits {
  readonly input: number;
  readonly output: number;
}

const maxTitleChars = 200;
const maxDescriptionChars = 2_000;
const maxParameterChars = 500;

/** Throws `Unusable` where its schemas refer to nothing. */
export function toolText(
  parts: ToolParts,
  schemas: Schemas,
  limits: ToolLimits,
): { text: string; hasOutput: boolean } {
  const outputSchema = toOutputSchema(parts.answer, schemas, limits.output);
  const title = textMember(parts.given, "summary");
  const text = JSON.stringify({
    name: parts.name,
    ...(title !== undefined && title !== "" && { title: bounded(title, maxTitleChars) }),
    description: describe(parts, limits),
    inputSchema: toInputSchema(parts, schemas, limits.input),
    ...(outputSchema && { outputSchema }),
    annotations: annotationsOf(parts.method),
    _meta: { [requestMetaKey]: parts.form },
  });
  return { text, hasOutput: outputSchema !== undefined };
}

/** Method and path are always in it, and where that begins if not where all others do: whoever approves a definition approves them as well. */
function describe({ given, method, path, basePath, leftOut }: ToolParts, limits: ToolLimits): string {
  const [summary, description] = [textMember(given, "summary") ?? "", textMember(given, "description") ?? ""];
  const said = description.trim() === "" ? summary : description;
  const note = isObject(given) && given["deprecated"] === true ? "Deprecated. " : "";
  const own = bounded(`${note}${said.trim()}`, Math.min(maxDescriptionChars, limits.input));
  const request = `${method} ${path}${basePath === undefined ? "" : ` (below ${basePath})`}`;
  return [own, leftOut ?? "", request].filter((part) => part !== "").join("\n\n");
}

/** RFC 9110 §9.2: which methods are safe, and which may be repeated. */
function annotationsOf(method: HttpMethod) {
  if (method === "GET" || method === "HEAD" || method === "OPTIONS")
    return { readOnlyHint: true, openWorldHint: true };
  const isRepeatable = method === "PUT" || method === "DELETE";
  return {
    readOnlyHint: false,
    destructiveHint: isRepeatable,
    idempotentHint: isRepeatable,
    openWorldHint: true,
  };
}

function toInputSchema(parts: ToolParts, schemas: Schemas, maxChars: number): object {
  const full = inputSchemaOf(parts, schemas, maxChars, (given) => schemas.read(given, "input"));
  if (full) return full;
  const outlined = inputSchemaOf(parts, schemas, maxChars, (given) =>
    outline(schemas.read(given, "input"), schemas),
  );
  return outlined ?? bareSchema(parts);
}

function inputSchemaOf(
  { parameters, body }: ToolParts,
  schemas: Schemas,
  maxChars: number,
  read: (given: unknown) => ReadSchema,
): object | undefined {
  const properties: [string, Schema][] = [];
  const refs = new Set<string>();
  let chars = 0;
  const add = (
    name: string,
    given: unknown,
    description: string | undefined,
    leftOut: ReadonlySet<string>,
  ) => {
    const found = read(given);
    properties.push([name, described(without(found.schema, leftOut), description)]);
    for (const ref of found.refs) refs.add(ref);
    chars += found.chars;
  };
  for (const { argument, schema, description } of parameters) add(argument, schema, description, none);
  if (body) add(bodyArgument, body.schema, body.description, body.leftOut);
  if (chars > maxChars) return undefined;
  const $defs = schemas.definitions(refs, "input", maxChars - chars);
  if (!$defs) return undefined;
  return {
    ...objectOf(Object.fromEntries(properties), requiredOf(parameters, body)),
    ...(Object.keys($defs).length > 0 && { $defs }),
  };
}

const none: ReadonlySet<string> = new Set();

/** What is asked for, and nothing about it. */
function bareSchema({ parameters, body }: ToolParts): object {
  const names = [...parameters.map(({ argument }) => argument), ...(body ? [bodyArgument] : [])];
  return objectOf(Object.fromEntries(names.map((name) => [name, {}])), requiredOf(parameters, body));
}

function objectOf(properties: Readonly<Record<string, Schema>>, required: readonly string[]) {
  return {
    type: "object",
    properties,
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

function requiredOf(parameters: ToolParts["parameters"], body: ToolParts["body"]): readonly string[] {
  const names = parameters.filter(({ isRequired }) => isRequired).map(({ argument }) => argument);
  return body?.isRequired ? [...names, bodyArgument] : names;
}

/** Many operations may take what is described in one place. */
const outlines = new WeakMap<object, ReadSchema>();

/** The members of an object by type only; everything else about them is left to the API to say. */
function outline(found: ReadSchema, schemas: Schemas): ReadSchema {
  const { schema } = schemas.written(found, "input");
  if (typeof schema === "boolean") return { schema, refs: none, chars: 4 };
  const known = outlines.get(schema);
  if (known) return known;
  const properties = isObject(schema["properties"]) ? Object.entries(schema["properties"]) : undefined;
  const outlined = {
    ...typeIn(schema),
    ...(properties && {
      properties: Object.fromEntries(properties.map(([name, inner]) => [name, typeIn(inner)])),
    }),
    ...(elementsOf(schema["required"]).length > 0 && { required: schema["required"] }),
  };
  const read = { schema: outlined, refs: none, chars: JSON.stringify(outlined).length };
  outlines.set(schema, read);
  return read;
}

function typeIn(schema: unknown): Record<string, unknown> {
  return isObject(schema) && schema["type"] !== undefined ? { type: schema["type"] } : {};
}

/** Undefined unless each answer is an object, and told in as much as it may be. */
function toOutputSchema(given: unknown, schemas: Schemas, maxChars: number): object | undefined {
  if (given === undefined || maxChars === 0) return undefined;
  const use: SchemaUse = "output";
  try {
    const { schema, refs, chars } = schemas.written(schemas.read(given, use), use);
    if (chars > maxChars || typeof schema === "boolean" || !isObjectSchema(schema)) return undefined;
    const $defs = schemas.definitions(refs, use, maxChars - chars);
    return $defs && { ...schema, type: "object", ...(Object.keys($defs).length > 0 && { $defs }) };
  } catch (error) {
    if (error instanceof Unusable) return undefined;
    throw error;
  }
}

function isObjectSchema(schema: unknown): boolean {
  if (!isObject(schema)) return false;
  const types = elementsOf([schema["type"]].flat()).filter((type) => type !== undefined && type !== "null");
  if (types.length > 0) return types.length === 1 && types[0] === "object";
  const all = elementsOf(schema["allOf"]);
  return isObject(schema["properties"]) || all.some(isObjectSchema);
}

function described(schema: Schema, description: string | undefined): Schema {
  if (description === undefined || description === "") return schema;
  const said = bounded(description, maxParameterChars);
  return typeof schema === "boolean" ? { description: said } : { ...schema, description: said };
}

function without(schema: Schema, names: ReadonlySet<string>): Schema {
  if (names.size === 0 || typeof schema === "boolean" || !isObject(schema["properties"])) return schema;
  const properties = Object.entries(schema["properties"]).filter(([name]) => !names.has(name));
  const required = elementsOf(schema["required"]).filter((name) => !names.has(name as string));
  const { required: _, ...rest } = schema;
  return { ...rest, properties: Object.fromEntries(properties), ...(required.length > 0 && { required }) };
}
