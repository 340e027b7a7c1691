/** Which round of a modern request this is, as its `requestState` says. */
import { isObject, memberText, parseMessage, edit, requestStateOf, withMembers } from "@castellan/mcp";
import type { RequestMessage } from "@castellan/mcp";
import type { ForwardTarget } from "../call.ts";
import { bindingOf } from "./binding.ts";
import { stateKinds, type RequestStates, type StateFacts } from "./request-states.ts";

/** No other request may be answered with questions of this house's (2026-07-28, SEP-2322). */
export function mayAsk(method: string): boolean {
  return method === "tools/call" || method === "prompts/get" || method === "resources/read";
}

/** What the state says; undefined for a first round, and where a state has no meaning. Throws `request_state_invalid`. */
export function roundOf(
  call: Parameters<typeof bindingOf>[0],
  { states }: { readonly states: Pick<RequestStates, "open"> },
): StateFacts | undefined {
  const { request, capability } = call.target;
  if (request.params?.["requestState"] === undefined) return undefined;
  if (!mayAsk(request.method) && capability.upstreamEra !== "modern") return undefined;
  const state = requestStateOf(memberText(request, "params"));
  return state === undefined
    ? undefined
    : states.open(String(JSON.parse(state)), bindingOf(call), ...stateKinds);
}

/** Whether it came of a question of this house's, before the server was asked anything. */
export function isOfHouse({ kind }: StateFacts): boolean {
  return kind === "approval" || kind === "link";
}

/** The request as it was before this house asked anything: neither the question's answer nor its state is for a server. */
export function withoutRound(target: ForwardTarget): ForwardTarget {
  const { request } = target;
  const params = memberText(request, "params");
  const span = request.spans.get("params");
  if (params === undefined || !span) return target;
  const text = withMembers(params, { inputResponses: undefined, requestState: undefined });
  const message = parseMessage(edit(request.text, [{ span, text }]));
  return message.kind === "request" ? { ...target, request: message } : target;
}

/** What the client says that became of a question: `accept`, `decline`, `cancel`; undefined: it says nothing of it. */
export function actionOf(request: RequestMessage, key: string): string | undefined {
  const responses = request.params?.["inputResponses"];
  const response = isObject(responses) && Object.hasOwn(responses, key) ? responses[key] : undefined;
  const action = isObject(response) ? response["action"] : undefined;
  return typeof action === "string" ? action : undefined;
}
