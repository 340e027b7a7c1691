/**
 * C2: a modern caller at a modern server. The message goes on as it came; the server's `requestState` is
 * sealed for this caller with their account there, this method and these arguments, so that nobody else can hand it in.
 */
import {
  capabilitiesFor,
  declaresTasks,
  inputRequestsOf,
  memberText,
  metaKeys,
  parseInputRequired,
  requestStateOf,
  withMemberAt,
  withPrivateCache,
  withRequestState,
  withoutPages,
  type ResultMessage,
} from "@castellan/mcp";
import type { Answer } from "../call.ts";
import { ownerOf } from "../credentials/owner-of.ts";
import { bindingOf } from "../request-state/binding.ts";
import { stateInvalid, type StateFacts } from "../request-state/request-states.ts";
import type { ServerExchange } from "../server-messages/exchange.ts";
import { admitQuestions, type Asking } from "../server-messages/admit-questions.ts";
import { hear } from "../server-messages/hear.ts";
import { progressTokenOf } from "../server-messages/identify.ts";
import { allowedFeatures } from "../server-messages/judge.ts";
import type { CallPorts } from "../stages/stage.ts";
import { assertAboutCall, errorAnswer, errorTextOf, toResultAnswer } from "./answer.ts";
import type { Cell, CellCall } from "./cell.ts";
import { assertMissedByClient, assertTaskDeclared } from "./missing-capability.ts";
import { declaredIn, listenerOf, modernHeaders, paramsFor, wantedLog } from "./request.ts";

export const modernToModern: Cell = async (cell, ports) => {
  const { call, target } = cell;
  const { server } = target.capability;
  const exchange: ServerExchange = {
    server,
    listener: listenerOf(call),
    progressToken: progressTokenOf(target.request),
    log: wantedLog(target.request),
    say: call.relay,
  };
  const owner = ownerOf(call.principal, call.portal.slug);
  const { identity } = await ports.upstreams.identify(server, owner);
  const response = await ports.upstreams.modern(server, owner).request({
    method: target.request.method,
    params: outgoingParams(cell, identity, ports),
    signal: call.cancel.signal,
    onMessage: (message) => hear(message, exchange, ports),
    ...modernHeaders(target),
  });
  assertAboutCall(response);
  assertMissedByClient(response, declaredIn(cell.target), server);
  assertTaskDeclared(response, declaresTasks(target.request.params));
  // 2026-07-28 has no error that opens pages; a client of both eras might know it all the same.
  return response.kind === "result"
    ? withOwnState(response, { cell, identity }, ports)
    : errorAnswer(withoutPages(errorTextOf(response)));
};

/** The caller's own text with the server's own state, and the capabilities that this server may use. */
function outgoingParams(cell: CellCall, identity: string, { states }: CallPorts): string | undefined {
  const { server } = cell.target.capability;
  const params = paramsFor(cell.target);
  if (params === undefined) return undefined;
  const declared = declaredIn(cell.target);
  const told = capabilitiesFor("modern", declared, allowedFeatures(server.server));
  const bounded =
    told === declared ? params : withMemberAt(params, ["_meta", metaKeys.clientCapabilities], told);
  const state = requestStateOf(params);
  if (state === undefined) return bounded;
  const facts = states.open(String(JSON.parse(state)), bindingOf(cell), "forwarded", "approved");
  // What the server remembers of one account there is not to be gone on with by another.
  if (facts.kind === "forwarded" && facts.identity !== identity) throw stateInvalid();
  return withRequestState(bounded, facts.kind === "forwarded" ? facts.upstream : undefined);
}

/** Wherever a result carries questions, they are judged: of tasks too, and of types that are yet to come. */
async function withOwnState(
  response: ResultMessage,
  { cell, identity }: { readonly cell: CellCall; readonly identity: string },
  ports: CallPorts,
): Promise<Answer> {
  const { method } = cell.target;
  const text = method.hasCacheHints ? withPrivateCache(response) : (memberText(response, "result") ?? "{}");
  const answer = toResultAnswer(response.result, text);
  const asked = parseInputRequired(response);
  const requests = asked?.requests ?? inputRequestsOf(response.result, text);
  if (requests.length > 0) await admitQuestions(requests, askingOf(cell), ports);
  if (!asked) return answer;
  const { approved } = cell.call;
  if (asked.state === undefined && !approved) return { ...answer, code: "input_required" };
  const facts: StateFacts =
    asked.state === undefined
      ? { kind: "approved", approved }
      : { kind: "forwarded", upstream: asked.state, identity, approved };
  const sealed = ports.states.seal(facts, bindingOf(cell));
  return { ...answer, text: withRequestState(text, JSON.stringify(sealed)), code: "input_required" };
}

function askingOf(cell: CellCall): Asking {
  const { server } = cell.target.capability;
  const client = { capabilities: declaredIn(cell.target), isReachable: true };
  return { server, listener: listenerOf(cell.call), client };
}
