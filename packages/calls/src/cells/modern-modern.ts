/**
 * C2: a modern caller at a modern server. The message goes on as it came; the server's `requestState` is
 * sealed for this caller, this method and these arguments, so that nobody else can hand it in.
 */
import {
  capabilitiesFor,
  memberOf,
  metaKeys,
  parseInputRequired,
  requestStateOf,
  withMemberAt,
  withRequestState,
  type ResponseMessage,
} from "@castellan/mcp";
import type { Answer } from "../call.ts";
import { bindingOf } from "../request-state/binding.ts";
import type { ServerExchange } from "../server-messages/exchange.ts";
import { hear } from "../server-messages/hear.ts";
import { progressTokenOf } from "../server-messages/identify.ts";
import { allowedFeatures } from "../server-messages/judge.ts";
import type { CallPorts } from "../stages/stage.ts";
import { admitQuestions } from "../server-messages/admit-questions.ts";
import { assertAboutCall, toAnswer } from "./answer.ts";
import type { Cell, CellCall } from "./cell.ts";
import { listenerOf, modernHeaders, paramsFor } from "./request.ts";

export const modernToModern: Cell = async (cell, ports) => {
  const { call, target } = cell;
  const { server } = target.capability;
  const exchange: ServerExchange = {
    server,
    listener: listenerOf(call),
    progressToken: progressTokenOf(target.request),
    // The server was told in `_meta` what of its log is wanted, and keeps to it.
    log: "all",
    say: call.relay,
  };
  const response = await ports.upstreams.modern(server).request({
    method: target.request.method,
    params: outgoingParams(cell, ports),
    signal: call.cancel.signal,
    onMessage: (message) => hear(message, exchange, ports),
    ...modernHeaders(target),
  });
  assertAboutCall(response);
  return withOwnState(response, cell, ports);
};

/** The caller's own text with the server's own state, and the capabilities that this server may use. */
function outgoingParams(cell: CellCall, { states }: CallPorts): string | undefined {
  const { server } = cell.target.capability;
  const params = paramsFor(cell.target);
  if (params === undefined) return undefined;
  const meta = memberOf(params, "_meta") ?? "{}";
  const declared = memberOf(meta, metaKeys.clientCapabilities) ?? "{}";
  const told = capabilitiesFor("modern", declared, allowedFeatures(server.server));
  const bounded =
    told === declared ? params : withMemberAt(params, ["_meta", metaKeys.clientCapabilities], told);
  const state = requestStateOf(params);
  if (state === undefined) return bounded;
  const facts = states.open(String(JSON.parse(state)), bindingOf(cell), "forwarded");
  return withRequestState(bounded, facts.upstream);
}

async function withOwnState(response: ResponseMessage, cell: CellCall, ports: CallPorts): Promise<Answer> {
  const answer = toAnswer(response);
  const asked = response.kind === "result" ? parseInputRequired(response) : undefined;
  if (!asked) return answer;
  const { server } = cell.target.capability;
  await admitQuestions(asked.requests, { server, listener: listenerOf(cell.call) }, ports);
  const sealed =
    asked.state === undefined
      ? undefined
      : JSON.stringify(ports.states.seal({ kind: "forwarded", upstream: asked.state }, bindingOf(cell)));
  const text = sealed === undefined ? answer.text : withRequestState(answer.text, sealed);
  return { ...answer, text, code: "input_required" };
}
