/**
 * `portal_execute`: a call of a tool that was not listed. It is not made here: the stage `unwrap` puts the call that
 * is meant in its place. What gets as far as `run` is a call that cannot be meant.
 */
import {
  edit,
  isObject,
  memberText,
  objectMembers,
  parseMessage,
  withMembers,
  type JsonObject,
  type RequestMessage,
} from "@castellan/mcp";
import { definePortalTool, type PortalToolContext } from "./portal-tool.ts";

export const execute = definePortalTool({
  name: "portal_execute",
  listings: ["search_and_execute"],
  definition: {
    title: "Execute a tool",
    description:
      "Calls one of the tools behind this portal by its name. Find it with portal_query_tools first, which tells what arguments it takes. The result is that of the tool.",
    inputSchema: {
      type: "object",
      properties: {
        name: { type: "string", description: "The tool's name, as portal_query_tools tells it" },
        arguments: { type: "object", description: "The tool's arguments, as its inputSchema says" },
      },
      required: ["name"],
      additionalProperties: false,
    },
    annotations: { readOnlyHint: false, destructiveHint: true, openWorldHint: true },
  },
  unwrap(request, context) {
    const args = request.params?.["arguments"];
    return isObject(args) && problemOf(args, context) === undefined ? meantBy(request) : undefined;
  },
  run(args, context) {
    const refusal = problemOf(args, context);
    if (refusal === undefined)
      throw new TypeError("a call of portal_execute came past the stage that unwraps it");
    return { refusal };
  },
});

/** What is wrong with the arguments, for a model to mend. */
function problemOf(
  args: JsonObject,
  { isOwnTool }: Pick<PortalToolContext, "isOwnTool">,
): string | undefined {
  const { name, arguments: inner, ...others } = args;
  const [other] = Object.keys(others);
  if (other !== undefined)
    return `portal_execute takes "name" and "arguments", not ${JSON.stringify(other.slice(0, 64))}: what the tool takes belongs into "arguments"`;
  if (typeof name !== "string")
    return '"name" must be a string: the name of a tool, as portal_query_tools tells it';
  if (inner !== undefined && !isObject(inner))
    return '"arguments" must be an object: the arguments of the tool';
  return isOwnTool(name) ? `${name} is a tool of the portal itself: call it directly` : undefined;
}

/** The message to the letter, but for the name and the arguments, which come from one level further in. */
function meantBy(request: RequestMessage): RequestMessage | undefined {
  const params = memberText(request, "params") ?? "{}";
  const outer = objectMembers(params).get("arguments");
  const span = request.spans.get("params");
  if (!outer || !span) return undefined;
  const inner = objectMembers(params, outer.start);
  const text = (member: string) => {
    const at = inner.get(member);
    return at && params.slice(at.start, at.end);
  };
  const meant = withMembers(params, { name: text("name"), arguments: text("arguments") });
  const message = parseMessage(edit(request.text, [{ span, text: meant }]));
  return message.kind === "request" ? message : undefined;
}
