import {
  edit,
  isObject,
  mcpFaults,
  memberText,
  objectMembers,
  paramText,
  rpcCodes,
  toParamHeaders,
  type ChannelRequest,
  type Era,
  type MethodSpec,
  type RequestMessage,
  type ResponseMessage,
} from "@castellan/mcp";
import { kernelFaults } from "@castellan/kernel";
import type { Admitted, Answer, Dispatched, Resolved, Target } from "../call.ts";
import type { Capability } from "../catalog/scope.ts";
import { relay } from "./relay.ts";
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
    onMessage: (message) => relay(message, { call, request, session, channel }),
    ...(session ? {} : modernHeaders(request, method, capability)),
  };
  const response = await channel.request(upstreamRequest);
  return { ...toAnswer(response, channel.era), upstreamMs: clock.monotonic() - startedMs };
}

/** The caller's own text, but for the name, which is the server's again. */
function paramsFor(
  request: RequestMessage,
  method: MethodSpec,
  { kind, name, publicName }: Capability,
): string | undefined {
  const params = memberText(request, "params");
  if (params === undefined || name === publicName) return params;
  const members = objectMembers(params);
  const owner = method.target === "reference" ? objectMembers(params, members.get("ref")?.start) : members;
  const span = owner.get(kind === "tool" || kind === "prompt" ? "name" : "uri");
  return span ? edit(params, [{ span, text: JSON.stringify(name) }]) : params;
}

function modernHeaders(request: RequestMessage, method: MethodSpec, capability: Capability) {
  return {
    name: method.nameParam === undefined ? undefined : capability.name,
    ...(capability.paramHeaders.length > 0 && {
      paramHeaders: toParamHeaders(capability.paramHeaders, paramText(request, "arguments")),
    }),
  };
}

/** Errors that have an HTTP status of their own in the modern era (2026-07-28, transports). */
const modernStatus: Readonly<Record<number, number>> = {
  [rpcCodes.methodNotFound]: 404,
  [rpcCodes.missingClientCapability]: 400,
};

/** What a modern server says of the hop to it; to the caller it would speak of the caller's own. */
const ofThisHop: ReadonlySet<number> = new Set([rpcCodes.headerMismatch, rpcCodes.unsupportedVersion]);

function toAnswer(response: ResponseMessage, era: Era): Answer {
  if (response.kind === "error") {
    const { code, message } = response.error;
    if (era === "modern" && ofThisHop.has(code))
      throw mcpFaults.fault("upstream_refused", `The server refused the request: ${message.slice(0, 200)}`, {
        data: { rpcCode: code },
      });
    const text = memberText(response, "error");
    if (text === undefined) throw kernelFaults.fault("internal_error", "An error response without an error");
    const status = era === "modern" ? modernStatus[code] : undefined;
    return { kind: "error", text, outcome: "error", code: String(code), status };
  }
  const isToolError = isObject(response.result) && response.result["isError"] === true;
  return {
    kind: "result",
    text: memberText(response, "result") ?? "{}",
    outcome: isToolError ? "tool_error" : "ok",
  };
}
