/** What somebody said yes to is what goes to the server, and nothing that they were not shown. */
import { edit, memberOf, memberText, objectMembers, parseMessage, withMembers } from "@castellan/mcp";
import type { ForwardTarget } from "../call.ts";

/**
 * Of what a client says beside the arguments only what the protocol itself names, and traces. The rest of `_meta` is not
 * bound to the decision, since clients put other ids there each time, and headers that the tool does not mark are not
 * either: with them a call could say after the yes what it did not say before.
 */
export function asApproved({ otherHeaders: _unseen, ...target }: ForwardTarget): ForwardTarget {
  const { request } = target;
  const params = memberText(request, "params");
  const span = request.spans.get("params");
  const meta = params === undefined ? undefined : memberOf(params, "_meta");
  if (params === undefined || !span || meta === undefined || !meta.startsWith("{")) return target;
  const foreign = [...objectMembers(meta)].map(([name]) => name).filter((name) => !isKnown(name));
  if (foreign.length === 0) return target;
  const known = withMembers(meta, Object.fromEntries(foreign.map((name) => [name, undefined])));
  const text = withMembers(params, { _meta: known });
  const message = parseMessage(edit(request.text, [{ span, text }]));
  return message.kind === "request" ? { ...target, request: message } : target;
}

function isKnown(name: string): boolean {
  return ofTheProtocol.has(name) || name.startsWith("io.modelcontextprotocol/");
}

const ofTheProtocol: ReadonlySet<string> = new Set(["progressToken", "traceparent", "tracestate", "baggage"]);
