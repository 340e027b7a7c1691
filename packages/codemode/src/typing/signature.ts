/** A tool as a TypeScript signature, as `codemode.describe()` shows it. */
import { commentText } from "./comment.ts";
import { createSchemaTypes } from "./schema-type.ts";

export interface DescribedTool {
  readonly identifier: string;
  readonly server: string;
  readonly class: string;
  readonly description: unknown;
  /** Every tool has one: undefined is one that is too large to be read. */
  readonly inputSchema: unknown;
  readonly outputSchema: unknown;
}

const maxDescription = 2000;
/** Characters of one signature: what is longer is told without what it answers, then without its arguments. */
export const maxSignature = 20_000;

export function signatureOf(tool: DescribedTool): string {
  for (const parts of [["inputSchema", "outputSchema"], ["inputSchema"], []] as const) {
    const text = write(tool, parts);
    if (text.length <= maxSignature) return text;
  }
  throw new RangeError("a signature without its types is bounded");
}

function write(tool: DescribedTool, parts: readonly ("inputSchema" | "outputSchema")[]): string {
  const input = createSchemaTypes(tool.inputSchema, "arguments");
  const output = createSchemaTypes(tool.outputSchema, "result");
  const isTyped = parts.includes("inputSchema") && tool.inputSchema !== undefined;
  const args = isTyped ? input.typeOf(tool.inputSchema) : `Record<string, unknown> ${tooLarge}`;
  const isResultTyped = parts.includes("outputSchema") || tool.outputSchema === undefined;
  const result = isResultTyped ? output.typeOf(tool.outputSchema) : `unknown ${tooLarge}`;
  const description = commentText(tool.description, maxDescription);
  const comment = `/** ${description === "" ? "" : `${description} `}[${commentText(tool.server, 100)}, ${tool.class}] */`;
  return [
    ...new Set([...(isTyped ? input.aliases() : []), ...(isResultTyped ? output.aliases() : [])]),
    comment,
    `codemode.${tool.identifier}(args${needsNothing(tool.inputSchema) ? "?" : ""}: ${args}): Promise<${result}>`,
  ].join("\n");
}

const tooLarge = "/* too large to show: `codemode.tools()` has the schema */";

/** Whether it can be called with no argument at all. */
function needsNothing(schema: unknown): boolean {
  if (schema === undefined) return false;
  if (typeof schema !== "object" || schema === null) return true;
  const { required } = schema as Readonly<Record<string, unknown>>;
  return !Array.isArray(required) || required.length === 0;
}
