/** How a caller hears that its call waits for something on a page: by what its client can do. */
import { isFault } from "@castellan/kernel";
import { declares, inputRequiredText } from "@castellan/mcp";
import type { Admitted, Answer, ApprovedCall, ForwardTarget, Resolved } from "../call.ts";
import { declaredIn } from "../cells/request.ts";
import { bindingOf } from "../request-state/binding.ts";
import type { StateFacts } from "../request-state/request-states.ts";
import { isOfHouse, mayAsk } from "../request-state/round.ts";
import type { CallPorts } from "../stages/stage.ts";
import { askOnStream, sessionToAsk } from "./ask-on-stream.ts";
import { questionOf, type Errand } from "./errand.ts";

export interface AskedCaller {
  readonly call: Admitted & Resolved;
  readonly target: ForwardTarget;
  /** Of a modern caller that sent its request again. */
  readonly round: StateFacts | undefined;
  /** By which the call goes through: nobody is to be asked for that again. */
  readonly approved?: ApprovedCall | undefined;
}

/**
 * - A modern client that opens pages is answered with the question, and sends its call again.
 * - A legacy client that opens pages is asked on the stream of its call, which waits: resolves to nothing when it is done.
 * - Any other, and in the middle of what a server asked: throws the errand's refusal, which says where the page is.
 * - Code is refused as a client that opens pages: whoever runs it asks for them (`ask-own-caller.ts`).
 */
export async function askCaller(
  errand: Errand,
  { call, target, round, approved }: AskedCaller,
  ports: Pick<CallPorts, "limiter" | "states">,
): Promise<Answer | undefined> {
  const isModern = call.protocol.era === "modern";
  const capabilities = isModern ? declaredIn(target) : (call.session?.client.capabilities ?? "{}");
  const opensPages = declares(capabilities, "elicitation_url");
  const refusal = () => errand.refusal(call.child ? true : opensPages && !isModern);
  if (isModern) {
    const isBetweenRounds = round !== undefined && !isOfHouse(round);
    if (!opensPages || isBetweenRounds || !mayAsk(target.request.method)) throw refusal();
    const state = ports.states.seal({ ...errand.facts, approved }, bindingOf({ call, target }));
    const text = inputRequiredText([questionOf(errand)], JSON.stringify(state));
    return { kind: "result", text, outcome: "ok", code: "input_required" };
  }
  const session = sessionToAsk(call);
  if (!session) throw refusal();
  // Until the call goes to its server nobody else knows it by its id.
  using _tracked = session.begin(target.request.id, call.cancel);
  try {
    const [state] = await askOnStream([errand], session, call, ports);
    if (isFault(state)) throw state;
    if (state === "pending") throw refusal();
    return undefined;
  } catch (error) {
    throw isFault(error, "client_unanswered") ? refusal() : error;
  }
}
