/** A tool as code sees it: read from its definition no earlier, and no further, than it is asked for. */
import type { ToolClass } from "@castellan/access";
import { signatureOf } from "../typing/signature.ts";
import { toolTextOf, type SchemaPart } from "./tool-text.ts";

/** What a portal lists: one of its scope's entries. */
export interface ToolEntry {
  readonly publicName: string;
  /** What its server calls it. */
  readonly name: string;
  /** Slug. */
  readonly server: string;
  readonly class: ToolClass;
  /** The definition: raw JSON of an object. */
  readonly text: string;
}

export interface CodeTool {
  readonly identifier: string;
  readonly entry: ToolEntry;
}

export const schemaParts = ["inputSchema", "outputSchema"] as const satisfies readonly SchemaPart[];

/** Characters of a definition whose types are shown. */
const maxTyped = 256 * 1024;

/** Characters that `listedText` with these parts has, about. */
export function listedLength({ identifier, entry }: CodeTool, parts: readonly SchemaPart[]): number {
  const { description, schemas } = toolTextOf(entry.text);
  const lengths = parts.map((part) => {
    const { start, end } = schemas[part] ?? nowhere;
    return end - start;
  });
  return lengths.reduce((sum, length) => sum + length, description.length + identifier.length + 100);
}

/** Raw JSON of what `codemode.tools()` has of it, with these parts (`omitted` names the others that there are), which are to the letter. */
export function listedText(
  { identifier, entry }: CodeTool,
  parts: readonly SchemaPart[],
  maxDescription?: number,
): string {
  const { description, schemas } = toolTextOf(entry.text);
  const { server, class: toolClass } = entry;
  const shown = description.slice(0, maxDescription);
  const rest = JSON.stringify({ name: identifier, description: shown, server, class: toolClass });
  const there = schemaParts.filter((part) => schemas[part]);
  const told = there.filter((part) => parts.includes(part));
  const omitted = there.filter((part) => !parts.includes(part));
  const members = told.map((part) => `,"${part}":${schemaText(entry, part)}`);
  const mark = omitted.length > 0 ? `,"omitted":${JSON.stringify(omitted)}` : "";
  return `${rest.slice(0, -1)}${members.join("")}${mark}}`;
}

/** TypeScript. */
export function signatureText({ identifier, entry }: CodeTool): string {
  const schemaOf = (part: SchemaPart) => {
    const text = entry.text.length <= maxTyped ? schemaText(entry, part) : undefined;
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  };
  return signatureOf({
    identifier,
    server: entry.server,
    class: entry.class,
    description: toolTextOf(entry.text).description,
    inputSchema: schemaOf("inputSchema"),
    outputSchema: schemaOf("outputSchema"),
  });
}

function schemaText({ text }: ToolEntry, part: SchemaPart): string | undefined {
  const span = toolTextOf(text).schemas[part];
  return span && text.slice(span.start, span.end);
}

const nowhere = { start: 0, end: 0 };
