import {
  edit,
  isObject,
  memberText,
  objectMembers,
  toParamHeaders,
  type ChannelRequest,
  type Message,
  type MethodSpec,
  type RequestMessage,
  type ResponseMessage,
} from "@castellan/mcp";
import { kernelFaults } from "@castellan/kernel";
import type { Admitted, Answer, CallerSession, Dispatched, Resolved, Target } from "../call.ts";
import type { Capability } from "../catalog/scope.ts";
import { defineStage, type CallPorts } from "./stage.ts";

type Needs = Admitted & Resolved;
type ForwardTarget = Extract<Target, { kind: "forward" }>;

export const dispatch = defineStage<Needs, Dispatched>({
  name: "dispatch",
  owner: "mcp",
  does: "the portal's own answer, or the message as it came, to the server in the caller's era",
  async run(call, ports) {
    const { target, portal, session } = call;
    switch (target.kind) {
      case "one-way":
        await portal.receive(call, session);
        return { answer: undefined };
      case "local":
        return { answer: await portal.answer(call, { ...target, session }) };
      case "forward":
        return { answer: await forward(call, target, ports) };
    }
  },
});

async function forward(call: Needs, target: ForwardTarget, { upstreams, clock }: CallPorts): Promise<Answer> {
  const { request, method, capability } = target;
  const { session, cancel } = call;
  using _tracked = session?.begin(request.id, cancel);
  const startedMs = clock.monotonic();
  const channel = session
    ? await session.channel(capability.server, cancel.signal)
    : upstreams.modern(capability.server);
  const upstreamRequest: ChannelRequest = {
    method: request.method,
    params: paramsFor(request, method, capability),
    signal: cancel.signal,
    onMessage: (message) => {
      const text = relayable(message, session, () => channel);
      if (text !== undefined) call.relay(text);
    },
    ...(session ? {} : modernHeaders(request, method, capability)),
  };
  const response = await channel.request(upstreamRequest);
  return { ...toAnswer(response), upstreamMs: clock.monotonic() - startedMs };
}

/** The caller's own text, but for the name, which is the server's again. */
function paramsFor(
  request: RequestMessage,
  method: MethodSpec,
  { name, publicName }: Capability,
): string | undefined {
  const params = memberText(request, "params");
  if (params === undefined || name === publicName) return params;
  const isReference = method.target === "reference";
  const members = isReference
    ? objectMembers(params, objectMembers(params).get("ref")?.start)
    : objectMembers(params);
  const span = members.get("name") ?? members.get("uri");
  return span ? edit(params, [{ span, text: JSON.stringify(name) }]) : params;
}

function modernHeaders(request: RequestMessage, method: MethodSpec, capability: Capability) {
  return {
    name: method.nameParam === undefined ? undefined : capability.name,
    paramHeaders: toParamHeaders(capability.paramHeaders, request.params?.["arguments"]),
  };
}

/** What a server sends ahead of its answer, as the caller may see it. */
function relayable(
  message: Message,
  session: CallerSession | undefined,
  channel: () => Parameters<CallerSession["ask"]>[1],
): string | undefined {
  if (message.kind === "notification")
    return message.method.endsWith("/list_changed") ? undefined : message.text;
  // The modern era has no requests from server to client (2026-07-28, SEP-2322).
  if (message.kind === "request" && session) return session.ask(message, channel());
  return undefined;
}

function toAnswer(response: ResponseMessage): Answer {
  if (response.kind === "error") {
    const text = memberText(response, "error");
    if (text === undefined) throw kernelFaults.fault("internal_error", "An error response without an error");
    return { kind: "error", text, outcome: "error", code: String(response.error.code) };
  }
  const isToolError = isObject(response.result) && response.result["isError"] === true;
  return {
    kind: "result",
    text: memberText(response, "result") ?? "{}",
    outcome: isToolError ? "tool_error" : "ok",
  };
}
