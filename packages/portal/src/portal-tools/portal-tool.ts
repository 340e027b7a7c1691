/** A tool of the portal's own: listed after those of its servers, answered here. */
import type { Answer, CatalogServer, Scope } from "@castellan/calls";
import type { Clock } from "@castellan/kernel";
import {
  inputRequiredText,
  isObject,
  mcpFaults,
  type Era,
  type InputRequest,
  type JsonObject,
  type RequestMessage,
} from "@castellan/mcp";
import type { ToolListing } from "../connections/tool-listing.ts";
import type { Portal } from "../portals/portal.ts";
import type { PersonHere } from "./person-here.ts";

/** The connection that a tool is called in. */
export interface PortalToolContext {
  /** With the servers of the connection only, where that is narrowed. */
  readonly portal: Portal;
  readonly isNarrowed: boolean;
  /** The servers that it holds and that are known, of whichever era and state, in the portal's order. */
  readonly servers: readonly CatalogServer[];
  /** What it is offered. */
  readonly scope: Scope;
  /** The same with the servers that the person has switched off. */
  readonly withSwitchedOff: Pick<PortalToolContext, "portal" | "servers" | "scope">;
  /** Who calls it; undefined: a program, or the public. */
  readonly person: PersonHere | undefined;
  /** Whether a tool of this name is the portal's own, in this connection. */
  isOwnTool(name: string): boolean;
  /** Whether calls to the server with this id are refused here at present. */
  isCircuitOpen(serverId: string): boolean;
  readonly clock: Pick<Clock, "monotonic">;
  readonly signal: AbortSignal;
}

/**
 * What a call comes to: for programs (raw JSON of an object), and for people and models. Or what is wrong with
 * the arguments, for a model to mend (2025-11-25, tools, "Error Handling"). Or what a modern client is asked first.
 */
export type PortalToolResult =
  | { readonly structuredText: string; readonly text: string }
  | { readonly refusal: string }
  | { readonly question: InputRequest };

export interface PortalToolSpec {
  /** Begins with `portal_`: such names are the portals' own. */
  readonly name: `portal_${string}`;
  /** The connections that have it. */
  readonly listings: readonly ToolListing[];
  /** Whether only people have it. */
  readonly isForPeople?: boolean;
  /** What `tools/list` says of it, without the name. */
  readonly definition: JsonObject;
  /** `args` have been found to be an object. */
  readonly run: (
    args: JsonObject,
    context: PortalToolContext,
  ) => PortalToolResult | Promise<PortalToolResult>;
  /** The call that a call of this tool stands for, if it stands for one. See `OwnTool`. */
  readonly unwrap?: (
    request: RequestMessage,
    context: Pick<PortalToolContext, "isOwnTool">,
  ) => RequestMessage | undefined;
}

export interface PortalTool extends Pick<PortalToolSpec, "name" | "listings" | "isForPeople" | "unwrap"> {
  /** JSON, as it is listed. */
  readonly definitionText: string;
  /** Answers `tools/call` with these `params`. Throws `params_invalid` when the arguments are no object. */
  call(params: JsonObject, era: Era, context: PortalToolContext): Promise<Answer>;
}

export function definePortalTool({ definition, run, ...spec }: PortalToolSpec): PortalTool {
  return Object.freeze({
    ...spec,
    definitionText: JSON.stringify({ name: spec.name, ...definition }),
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
  if ("question" in result) {
    // There is nothing to remember: the same call with an answer to it is the same call.
    const text = inputRequiredText([result.question], undefined);
    return { kind: "result", text, outcome: "ok", code: "input_required" };
  }
  const isRefused = "refusal" in result;
  const type = era === "modern" ? '"resultType":"complete",' : "";
  const content = JSON.stringify([{ type: "text", text: isRefused ? result.refusal : result.text }]);
  const rest = isRefused ? '"isError":true' : `"structuredContent":${result.structuredText}`;
  return {
    kind: "result",
    text: `{${type}"content":${content},${rest}}`,
    outcome: isRefused ? "tool_error" : "ok",
  };
}
