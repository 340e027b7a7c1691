/** C1: a legacy caller at a legacy server. Messages go on as they came, in both directions; ids and names are mapped. */
import { kernelFaults } from "@castellan/kernel";
import { withoutPages } from "@castellan/mcp";
import type { ServerExchange } from "../server-messages/exchange.ts";
import { hear } from "../server-messages/hear.ts";
import { progressTokenOf } from "../server-messages/identify.ts";
import { sessionQuestions } from "../server-messages/session-questions.ts";
import { QuestionBudget } from "../server-messages/question-budget.ts";
import { errorAnswer, errorTextOf, toAnswer } from "./answer.ts";
import type { Cell } from "./cell.ts";
import { admitPages } from "./pages.ts";
import { listenerOf, nameOf, paramsFor } from "./request.ts";

export const legacyToLegacy: Cell = async ({ call, target, deadline }, ports) => {
  const { session, cancel } = call;
  if (!session) throw kernelFaults.fault("internal_error", "A legacy call without a session");
  const { server } = target.capability;
  const channel = await session.channel(server, cancel.signal);
  const say = call.relay;
  using questions = sessionQuestions({ session, channel, say, hold: () => deadline?.hold() });
  const exchange: ServerExchange = {
    server,
    listener: listenerOf(call),
    client: { capabilities: session.client.capabilities, isReachable: call.acceptsStream },
    progressToken: progressTokenOf(target.request),
    // The server was told the level itself (`logging/setLevel`).
    log: "all",
    say,
    ask: questions.ask,
    reply: questions.reply,
    // Ids are the server's own, and a client ignores those that it does not know (2025-11-25, elicitation).
    knowsElicitation: () => true,
    withdraw: questions.withdraw,
  };
  const budget = new QuestionBudget();
  const response = await channel.request({
    method: target.request.method,
    name: nameOf(target),
    params: paramsFor(target),
    signal: cancel.signal,
    onMessage(message) {
      try {
        budget.count(message);
      } catch (error) {
        // The server is told: it may be at work on the call for as long as it is asking.
        cancel.abort(error);
        throw error;
      }
      return hear(message, exchange, ports);
    },
  });
  if (response.kind === "result") return toAnswer(response);
  const asking = { ...exchange, client: { capabilities: session.client.capabilities, isReachable: true } };
  const pages = await admitPages(response, asking, ports);
  return pages ? toAnswer(response) : errorAnswer(withoutPages(errorTextOf(response)));
};
