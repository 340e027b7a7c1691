/**
 * C3: a modern caller at a legacy server. The call gets a session with the server to itself; what the server
 * asks on its way is answered to the caller as `input_required`, and the call goes on when the caller sends
 * its request again with the answers (2026-07-28, SEP-2322).
 */
import {
  capabilitiesFor,
  inputRequiredText,
  inputResponsesOf,
  isLogLevel,
  isObjectText,
  latestLegacyVersion,
  mcpFaults,
  memberOf,
  memberText,
  metaKeys,
  requestStateOf,
  toLegacyParams,
  toModernError,
  toModernResult,
  withMemberAt,
  withoutPages,
  type InputRequest,
  type LegacyClient,
} from "@castellan/mcp";
import type { Answer } from "../call.ts";
import { ownerOf } from "../credentials/owner-of.ts";
import type { Begun } from "../conversations/conversations.ts";
import type { Leg, LegOutcome } from "../conversations/leg.ts";
import { bindingOf } from "../request-state/binding.ts";
import type { StateFacts } from "../request-state/request-states.ts";
import { mayAsk } from "../request-state/round.ts";
import type { Asking } from "../server-messages/admit-questions.ts";
import { hear } from "../server-messages/hear.ts";
import { allowedFeatures } from "../server-messages/judge.ts";
import { policyUseOf } from "../policy/use-of-call.ts";
import { heldAs, useOf } from "../stages/authorize.ts";
import type { CallPorts } from "../stages/stage.ts";
import { errorAnswer, errorTextOf, toResultAnswer } from "./answer.ts";
import type { Cell, CellCall } from "./cell.ts";
import { admitPages } from "./pages.ts";
import { listenerOf, nameOf, paramsFor, wantedLog } from "./request.ts";

export const modernToLegacy: Cell = async (cell, ports) => {
  const { request } = cell.target;
  const params = mayAsk(request.method) ? memberText(request, "params") : undefined;
  const answers = inputResponsesOf(params) ?? new Map<string, string>();
  const facts = factsIn(requestStateOf(params), cell, ports);
  const leg = legOf(cell);
  const outcome =
    facts?.kind === "conversation"
      ? await ports.conversations.resume(facts, answers, leg)
      : await begin(cell, leg, ports);
  return toAnswer(outcome, cell, ports);
};

/** What a retry's state says; undefined for a first request. Throws `request_state_invalid`. */
function factsIn(state: string | undefined, cell: CellCall, { states }: CallPorts) {
  if (state === undefined) return undefined;
  return states.open(String(JSON.parse(state)), bindingOf(cell), "conversation", "again");
}

async function begin(cell: CellCall, leg: Leg, ports: CallPorts): Promise<LegOutcome> {
  const { call, target } = cell;
  const { server } = target.capability;
  const { method } = target.request;
  const client = clientOf(cell);
  const request = requestOf(cell, leg);
  const principalId = call.principal.id;
  const owner = ownerOf(call.principal, call.portal.slug);
  const lease = await ports.lines.checkout({ principalId, owner, server, client }, leg.signal);
  if (isLogLevel(leg.log)) await lease.line.setLogLevel(leg.log, leg.signal);
  const conversation: Begun = {
    id: call.id,
    principalId,
    server,
    lease,
    method,
    name: nameOf(target),
    ...request,
    capabilities: client.capabilities,
    mayAsk: mayAsk(method),
    hear: (message, exchange) => hear(message, exchange, ports),
    hold: holdOf(cell, ports),
  };
  return ports.conversations.begin(conversation, leg);
}

/** While it waits for answers no call is under way that could be ended. */
function holdOf({ call, target }: CellCall, { holdCall, clock }: CallPorts): Begun["hold"] {
  const judged = policyUseOf(call.portal.slug, target, clock.now());
  const held = { ...heldAs(call, judged.nowMs), toServer: { use: useOf(target), judged } };
  return holdCall && ((onEnd) => holdCall({ ...held, onEnd }));
}

/** Callers begin their tokens at 1: what one call's server says of progress is told from another's by a token of ours. */
function requestOf({ call, target }: CellCall, { progressToken }: Leg) {
  const params = toLegacyParams(paramsFor(target));
  if (progressToken === undefined || params === undefined) return { params, progressToken: undefined };
  const own = JSON.stringify(call.id);
  return { params: withMemberAt(params, ["_meta", "progressToken"], own), progressToken: call.id };
}

function legOf(cell: CellCall): Leg {
  const { call } = cell;
  const token = metaOf(cell, "progressToken");
  return {
    listener: listenerOf(call),
    progressToken: token !== undefined && /^["\d-]/.test(token) ? token : undefined,
    log: wantedLog(cell.target.request),
    signal: call.cancel.signal,
    say: call.relay,
  };
}

/** Much more than any client says of itself. It is kept with the session that is opened in its name. */
const maxClientChars = 64 * 1024;

/** Throws `params_invalid` for a client that says too much of itself. */
function clientOf(cell: CellCall): LegacyClient {
  const { server, state } = cell.target.capability.server;
  const declared = metaOf(cell, metaKeys.clientCapabilities) ?? "{}";
  const info = metaOf(cell, metaKeys.clientInfo) ?? "";
  if (declared.length + info.length > maxClientChars) {
    const message = `params._meta describes the client with more than ${maxClientChars} characters`;
    throw mcpFaults.fault("params_invalid", message, { field: "params._meta" });
  }
  return {
    version: state.legacy?.version ?? latestLegacyVersion,
    capabilities: capabilitiesFor("legacy", declared, allowedFeatures(server), { caller: "modern" }),
    clientInfo: isObjectText(info) ? info : unknownClient,
  };
}

/** A client of 2026-07-28 need not give its name; `initialize` asks for one. */
const unknownClient = JSON.stringify({ name: "unknown", version: "unknown" });

function metaOf({ target }: CellCall, name: string): string | undefined {
  const params = memberText(target.request, "params");
  const meta = params === undefined ? undefined : memberOf(params, "_meta");
  return isObjectText(meta) ? memberOf(meta, name) : undefined;
}

async function toAnswer(outcome: LegOutcome, cell: CellCall, ports: CallPorts): Promise<Answer> {
  if (outcome.kind === "questions")
    return asking(outcome.questions, { kind: "conversation", ...outcome.place }, cell, ports);
  const { response } = outcome;
  const { method } = cell.target.request;
  if (response.kind === "result")
    return toResultAnswer(response.result, toModernResult(memberText(response, "result") ?? "{}", method));
  // Nothing waits meanwhile: the retry makes the call again.
  const pages = mayAsk(method) ? await admitPages(response, askingOf(cell), ports) : undefined;
  if (pages) return asking(pages, { kind: "again" }, cell, ports);
  return errorAnswer(withoutPages(toModernError(errorTextOf(response), method)));
}

function askingOf(cell: CellCall): Asking {
  const { server } = cell.target.capability;
  const capabilities = metaOf(cell, metaKeys.clientCapabilities) ?? "{}";
  return { server, listener: listenerOf(cell.call), client: { capabilities, isReachable: true } };
}

function asking(
  questions: readonly InputRequest[],
  facts: StateFacts,
  cell: CellCall,
  { states }: CallPorts,
): Answer {
  const { approved } = cell.call;
  const state = JSON.stringify(states.seal({ ...facts, approved }, bindingOf(cell)));
  return { kind: "result", text: inputRequiredText(questions, state), outcome: "ok", code: "input_required" };
}
