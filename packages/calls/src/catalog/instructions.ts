/**
 * What a server tells models about itself: `instructions` of `initialize` (legacy era) and of `server/discover`
 * (2026-07-28). It is a definition like a tool's: who may write it may tell a model what to do.
 */
import { memberOf, type Era } from "@castellan/mcp";
import { maxDefinitionLength, type FoundDefinition } from "./definition.ts";

export interface FoundInstructions {
  /** One for each era that it tells something in. */
  readonly definitions: readonly FoundDefinition[];
  /** Why some are left out. */
  readonly skipped: readonly string[];
}

export function findInstructions(
  hellos: Readonly<Record<Era, { readonly helloText: string } | undefined>>,
): FoundInstructions {
  const definitions: FoundDefinition[] = [];
  const skipped: string[] = [];
  for (const era of ["legacy", "modern"] as const) {
    const helloText = hellos[era]?.helloText ?? "";
    const text = helloText.startsWith("{") ? memberOf(helloText, "instructions") : undefined;
    if (text === undefined || text === '""') continue;
    if (!text.startsWith('"')) skipped.push(`instructions (${era}): they are no text`);
    else if (text.length > maxDefinitionLength)
      skipped.push(`instructions (${era}): they are longer than ${maxDefinitionLength} characters`);
    else definitions.push({ kind: "instructions", name: era, publicName: era, text });
  }
  return { definitions, skipped };
}
