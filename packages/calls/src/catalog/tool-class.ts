/** What the annotations of a tool say it may do (2026-07-28, `ToolAnnotations`); they are its server's own words. */
import { isObject } from "@castellan/mcp";
import type { FoundDefinition, ToolClass } from "./definition.ts";

/** What is no tool is read. A tool that says nothing may destroy, as the specification has it. */
export function proposeClass({ kind, text }: Pick<FoundDefinition, "kind" | "text">): ToolClass {
  if (kind !== "tool") return "read";
  const tool: unknown = JSON.parse(text);
  const annotations = isObject(tool) ? tool["annotations"] : undefined;
  if (!isObject(annotations)) return "destructive";
  if (annotations["readOnlyHint"] === true) return "read";
  return annotations["destructiveHint"] === false ? "write" : "destructive";
}
