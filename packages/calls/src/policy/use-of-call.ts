/** A call as rules look at it. */
import type { Place, Use as PolicyUse } from "@castellan/policy";
import { isObject, type RequestMessage } from "@castellan/mcp";
import type { ForwardTarget } from "../call.ts";
import type { Capability } from "../catalog/scope.ts";

type Placed = Pick<Capability, "kind" | "server" | "name" | "class">;

/** What is the caller's own already (a task) is only looked at: it was judged when it began. */
export function placeOf(portal: string, { kind, server, name, class: toolClass }: Placed): Place {
  return {
    portal,
    server: server.server.slug,
    class: toolClass ?? "read",
    tool: kind === "tool" ? name : undefined,
  };
}

export function policyUseOf(
  portal: string,
  { capability, request }: Pick<ForwardTarget, "capability" | "request">,
  nowMs: number,
): PolicyUse {
  return {
    ...placeOf(portal, capability),
    method: request.method,
    // What the method of an extension takes for its arguments, nobody here knows.
    arguments: capability.kind === "server" ? undefined : argumentsOf(request),
    nowMs,
  };
}

const takesArguments: ReadonlySet<string> = new Set(["tools/call", "prompts/get"]);

/** Undefined for arguments that are no object: nobody knows what a server makes of them. */
function argumentsOf({ method, params }: RequestMessage): PolicyUse["arguments"] {
  const given = takesArguments.has(method) ? (params?.["arguments"] ?? {}) : {};
  return isObject(given) ? given : undefined;
}
