/** A request for a decision as what a caller is asked to open a page for. */
import type { Approval } from "@castellan/approvals";
import { isFault, type Id } from "@castellan/kernel";
import type { Errand, ErrandState } from "../asking/errand.ts";
import type { ForwardTarget } from "../call.ts";
import type { CallPorts } from "../stages/stage.ts";
import { giveUp } from "./give-up.ts";
import { questionKey, waitingWords } from "./question.ts";
import { approvalRequired, badEnd } from "./refusals.ts";

export function approvalErrand(
  request: Approval,
  target: ForwardTarget,
  askerId: string,
  ports: Pick<CallPorts, "approvals">,
): Errand {
  const { id } = request;
  const url = ports.approvals.pageOf(id);
  const message = waitingWords(request, target);
  const known = knownErrand(id, askerId, ports);
  return {
    ...known,
    url,
    message,
    facts: { kind: "approval", id },
    // Nobody is to decide on what nobody waits for.
    abandoned: known.decline,
    refusal: (opensPages) => approvalRequired({ request, url, message, opensPages }),
  };
}

/** One of which only the id came back. What is known no more is to be asked anew. */
export function knownErrand(
  id: Id<"approval">,
  askerId: string,
  ports: Pick<CallPorts, "approvals">,
): Pick<Errand, "key" | "settled" | "decline"> {
  return {
    key: questionKey,
    settled: (wait) => stateOf(ports.approvals.settled(id, wait)),
    decline: () => stateOf(giveUp(id, askerId, ports)),
  };
}

async function stateOf(found: Promise<Approval>): Promise<ErrandState> {
  try {
    const approval = await found;
    return approval.state === "pending" ? "pending" : (badEnd(approval) ?? "done");
  } catch (error) {
    if (isFault(error, "approval_not_found")) return "done";
    throw error;
  }
}
