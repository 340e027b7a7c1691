/**
 * C4: a legacy caller at a modern server. Each request says for itself what the session said once; where
 * the server answers with questions, the caller is asked them on the stream of its call, and the request
 * is sent again with the answers.
 */
import { setTimeout } from "node:timers/promises";
import { kernelFaults } from "@castellan/kernel";
import {
  capabilitiesFor,
  notificationText,
  parseInputRequired,
  toLegacyError,
  toLegacyToolResult,
  toModernParams,
  withoutPages,
  type InputRequired,
  type ModernEnvelope,
  type Retry,
} from "@castellan/mcp";
import type { Answer, CallerSession } from "../call.ts";
import { ownerOf } from "../credentials/owner-of.ts";
import { callFaults } from "../faults.ts";
import { admitQuestions } from "../server-messages/admit-questions.ts";
import type { ServerExchange } from "../server-messages/exchange.ts";
import { hear } from "../server-messages/hear.ts";
import { progressTokenOf } from "../server-messages/identify.ts";
import { allowedFeatures } from "../server-messages/judge.ts";
import type { CallPorts } from "../stages/stage.ts";
import { assertAboutCall, errorAnswer, toAnswer } from "./answer.ts";
import { askClient } from "./ask-client.ts";
import type { Cell, CellCall } from "./cell.ts";
import { assertMissedByClient, assertTaskDeclared } from "./missing-capability.ts";
import { listenerOf, modernHeaders, paramsFor } from "./request.ts";

const maxRounds = 16;
/** A server that only wants to be asked again (load shedding) is not asked at once. */
const bareRetryMs = 250;

export const legacyToModern: Cell = async (cell, ports) => {
  const { call, target } = cell;
  const { session } = call;
  if (!session) throw kernelFaults.fault("internal_error", "A legacy call without a session");
  const exchange: ServerExchange = {
    server: target.capability.server,
    listener: listenerOf(call),
    progressToken: progressTokenOf(target.request),
    log: session.logLevel ?? "none",
    say: call.relay,
  };
  const { capabilities } = session.client;
  const client = { capabilities, isReachable: call.acceptsStream };
  const envelope = envelopeOf(cell, session);
  const pages: string[] = [];
  let retry: Retry | undefined;
  for (let round = 0; round < maxRounds; round++) {
    const response = await send(cell, toModernParams(paramsFor(target), envelope, retry), exchange, ports);
    assertAboutCall(response);
    assertMissedByClient(response, capabilities, exchange.server);
    assertTaskDeclared(response, false);
    const asked = response.kind === "result" ? parseInputRequired(response) : undefined;
    if (!asked) {
      for (const page of pages) await exchange.say(elicitationComplete(page));
      return toLegacyAnswer(toAnswer(response), target);
    }
    await admitQuestions(asked.requests, { ...exchange, client }, ports);
    retry = await answersTo(asked, cell, session, (page) => pages.push(page));
  }
  throw callFaults.fault(
    "client_unanswered",
    `The server asked more than ${maxRounds} times in the course of one call`,
  );
};

function send({ call, target }: CellCall, params: string, exchange: ServerExchange, ports: CallPorts) {
  return ports.upstreams.modern(exchange.server, ownerOf(call.principal, call.portal.slug)).request({
    method: target.request.method,
    params,
    signal: call.cancel.signal,
    onMessage: (message) => hear(message, exchange, ports),
    ...modernHeaders(target),
  });
}

/** A caller that takes no stream cannot be asked anything, and the server is told so. */
function envelopeOf({ call, target }: CellCall, { client, logLevel }: CallerSession): ModernEnvelope {
  const allowed = call.acceptsStream ? allowedFeatures(target.capability.server.server) : new Set<never>();
  return {
    clientCapabilities: capabilitiesFor("modern", client.capabilities, allowed, { caller: "legacy" }),
    clientInfo: client.clientInfo,
    logLevel,
  };
}

async function answersTo(
  { requests, state }: InputRequired,
  { call, deadline }: CellCall,
  session: CallerSession,
  onPage: (elicitationId: string) => void,
): Promise<Retry> {
  const { signal } = call.cancel;
  if (requests.length === 0) {
    await setTimeout(bareRetryMs, undefined, { signal });
    return { inputResponses: undefined, requestState: state };
  }
  using _held = deadline?.hold();
  const answers = await askClient(requests, { session, say: call.relay, signal, onPage });
  const members = [...answers].map(([key, text]) => `${JSON.stringify(key)}:${text}`);
  return { inputResponses: `{${members.join(",")}}`, requestState: state };
}

/** What a server asked for on a page is settled once it answers the call. */
function elicitationComplete(elicitationId: string): string {
  return notificationText("notifications/elicitation/complete", JSON.stringify({ elicitationId }));
}

/** What a legacy client does not know in an answer (`resultType`, `ttlMs`) it ignores. */
function toLegacyAnswer(answer: Answer, { capability }: CellCall["target"]): Answer {
  if (answer.kind === "error") return errorAnswer(withoutPages(toLegacyError(answer.text)));
  return capability.kind === "tool" ? { ...answer, text: toLegacyToolResult(answer.text) } : answer;
}
