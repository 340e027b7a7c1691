/** A tool of the portal's own: listed after those of its servers, answered here. */
import type { Answer, CatalogServer } from "@castellan/calls";
import { isObject, mcpFaults, type Era, type JsonObject } from "@castellan/mcp";
import type { Portal } from "../portals/portal.ts";

/** The portal that a tool is called at. */
export interface PortalToolContext {
  readonly portal: Portal;
  /** All servers of the portal that are known, of whichever era and state, in the portal's order. */
  readonly servers: readonly CatalogServer[];
}

/**
 * What a call comes to: for programs, and for people and models. Or what is wrong with the arguments,
 * for a model to mend (2025-11-25, tools, "Error Handling").
 */
export type PortalToolResult =
  | { readonly structuredContent: JsonObject; readonly text: string }
  | { readonly refusal: string };

export interface PortalToolSpec {
  /** Begins with `portal_`: such names are the portals' own. */
  readonly name: `portal_${string}`;
  /** What `tools/list` says of it, without the name. */
  readonly definition: JsonObject;
  /** `args` have been found to be an object. */
  readonly run: (
    args: JsonObject,
    context: PortalToolContext,
  ) => PortalToolResult | Promise<PortalToolResult>;
}

export interface PortalTool {
  readonly name: string;
  /** JSON, as it is listed. */
  readonly definitionText: string;
  /** Answers `tools/call` with these `params`. Throws `params_invalid` when the arguments are no object. */
  call(params: JsonObject, era: Era, context: PortalToolContext): Promise<Answer>;
}

export function definePortalTool({ name, definition, run }: PortalToolSpec): PortalTool {
  return Object.freeze({
    name,
    definitionText: JSON.stringify({ name, ...definition }),
    async call(params: JsonObject, era: Era, context: PortalToolContext): Promise<Answer> {
      const args = params["arguments"] ?? {};
      if (!isObject(args))
        throw mcpFaults.fault("params_invalid", "params.arguments must be an object", {
          field: "params.arguments",
        });
      return toAnswer(await run(args, context), era);
    },
  });
}

function toAnswer(result: PortalToolResult, era: Era): Answer {
  const isRefused = "refusal" in result;
  const text = JSON.stringify({
    ...(era === "modern" && { resultType: "complete" }),
    content: [{ type: "text", text: isRefused ? result.refusal : result.text }],
    ...(isRefused ? { isError: true } : { structuredContent: result.structuredContent }),
  });
  return { kind: "result", text, outcome: isRefused ? "tool_error" : "ok" };
}
