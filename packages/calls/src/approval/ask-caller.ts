/** How a caller hears that its call waits: by what its client can do. */
import type { Approval } from "@castellan/approvals";
import { isFault } from "@castellan/kernel";
import { declares, inputRequiredText } from "@castellan/mcp";
import type { Answer } from "../call.ts";
import { declaredIn } from "../cells/request.ts";
import { bindingOf } from "../request-state/binding.ts";
import { mayAsk } from "../request-state/round.ts";
import type { CallPorts } from "../stages/stage.ts";
import { askOnStream, sessionToAsk } from "./ask-on-stream.ts";
import type { Meeting } from "./meet-demands.ts";
import { questionOf, waitingWords } from "./question.ts";
import { approvalRequired } from "./refusals.ts";

/**
 * - A modern client that opens pages is answered with the question, and sends its call again.
 * - A legacy client that opens pages is asked on the stream of its call, which waits: resolves to nothing when something was decided.
 * - Any other, and in the middle of what a server asked: throws `approval_required`, which says where the page is.
 */
export async function askCaller(
  request: Approval,
  { call, target, round }: Omit<Meeting, "decision">,
  ports: CallPorts,
): Promise<Answer | undefined> {
  const url = ports.approvals.pageOf(request.id);
  const message = waitingWords(request, target);
  const isModern = call.protocol.era === "modern";
  const capabilities = isModern ? declaredIn(target) : (call.session?.client.capabilities ?? "{}");
  const opensPages = declares(capabilities, "elicitation_url");
  const refusal = () => approvalRequired({ request, url, message, opensPages: opensPages && !isModern });
  const question = questionOf(url, message);
  if (isModern) {
    const isBetweenRounds = round !== undefined && round.kind !== "approval";
    if (!opensPages || isBetweenRounds || !mayAsk(target.request.method)) throw refusal();
    const state = ports.states.seal({ kind: "approval", id: request.id }, bindingOf({ call, target }));
    const text = inputRequiredText([question], JSON.stringify(state));
    return { kind: "result", text, outcome: "ok", code: "input_required" };
  }
  const session = sessionToAsk(call);
  if (!session) throw refusal();
  try {
    const now = await askOnStream(request, session, { call, target, question }, ports);
    if (now.state === "pending") throw refusal();
    return undefined;
  } catch (error) {
    throw isFault(error, "client_unanswered") ? refusal() : error;
  }
}
