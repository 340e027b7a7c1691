/**
 * What a definition says, read once for all portals and callers that have it in these words: nothing here depends on who asks.
 * Definitions may be megabytes; the ones that were asked for longest ago are read again.
 */
import { objectMembers, type Span } from "@castellan/mcp";
import { wordsOf } from "./words.ts";

export interface ToolText {
  /** The first 4,000 characters of it; its title where it has none. */
  readonly description: string;
  /** Of the description. */
  readonly words: readonly string[];
  /** Of the names of its arguments. */
  readonly argumentWords: readonly string[];
  /** Where the schemas stand in the definition's text. */
  readonly schemas: Readonly<Partial<Record<SchemaPart, Span>>>;
}

export type SchemaPart = "inputSchema" | "outputSchema";

/** `definition`: raw JSON of an object. */
export function toolTextOf(definition: string): ToolText {
  const known = texts.get(definition);
  if (known) texts.delete(definition);
  else keptChars += definition.length;
  const text = known ?? readToolText(definition);
  // What was asked for last goes last.
  texts.set(definition, text);
  for (const oldest of keptChars > maxKeptChars ? texts.keys() : []) {
    texts.delete(oldest);
    keptChars -= oldest.length;
    if (keptChars <= maxKeptChars) break;
  }
  return text;
}

/** Characters of definitions whose texts are kept. */
const maxKeptChars = 32 * 1024 * 1024;
const maxDescription = 4000;
const maxDescriptionWords = 60;
const maxArguments = 40;
const maxArgumentWords = 60;

const texts = new Map<string, ToolText>();
let keptChars = 0;

function readToolText(definition: string): ToolText {
  const members = objectMembers(definition);
  const stringOf = (name: string) => {
    const span = members.get(name);
    const value: unknown = span && JSON.parse(definition.slice(span.start, span.end));
    return typeof value === "string" ? value.slice(0, maxDescription).toWellFormed() : undefined;
  };
  const description = stringOf("description") ?? stringOf("title") ?? "";
  const inputSchema = members.get("inputSchema");
  const outputSchema = members.get("outputSchema");
  return {
    description,
    words: wordsOf(description, maxDescriptionWords),
    argumentWords: wordsOf(argumentsOf(definition, inputSchema).join(" "), maxArgumentWords),
    schemas: { ...(inputSchema && { inputSchema }), ...(outputSchema && { outputSchema }) },
  };
}

/** Their names, as far as they stand in the schema itself. */
function argumentsOf(definition: string, schema: Span | undefined): readonly string[] {
  const properties =
    schema && isObject(definition, schema) && objectMembers(definition, schema.start).get("properties");
  if (!properties || !isObject(definition, properties)) return [];
  return [...objectMembers(definition, properties.start).keys()].slice(0, maxArguments);
}

function isObject(text: string, { start }: Span): boolean {
  return text[start] === "{";
}
