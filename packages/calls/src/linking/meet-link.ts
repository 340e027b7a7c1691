/** What a call is to be sent with is there before it goes anywhere, or its caller is asked for it. */
import { isFault, kernelFaults, type Fault } from "@castellan/kernel";
import { hearRetry } from "../asking/hear-retry.ts";
import type { Admitted, Authorized, Credentialed, ForwardTarget, Resolved } from "../call.ts";
import { ownerOf } from "../credentials/owner-of.ts";
import { decideAgain } from "../policy/decide-again.ts";
import type { StateFacts } from "../request-state/request-states.ts";
import { withoutRound } from "../request-state/round.ts";
import { targetOf } from "../servers/target-of.ts";
import type { CallPorts } from "../stages/stage.ts";
import { askForLink, isLinkWanted, linkRefusal } from "./ask-for-link.ts";
import { knownLink } from "./link-errand.ts";

export interface Linking {
  readonly call: Admitted & Resolved & Authorized;
  readonly target: ForwardTarget;
  /** Of a modern caller that sends its request again. */
  readonly round: StateFacts | undefined;
}

/** How often a caller may be asked in one request: for an account, and for what it turns out not to be allowed. */
const maxTurns = 3;

/** Resolves when the call may go on, or with what the caller is asked. Throws what `askForLink` and `prepare` do. */
export async function meetLink(linking: Linking, ports: CallPorts): Promise<Credentialed> {
  const { round } = linking;
  let added: Credentialed = { round };
  let { call, target } = linking;
  const takeAgain = async () => {
    const again = await decideAgain(call, target, ports);
    ({ target } = again);
    call = { ...again.call, decision: again.decision };
    added = { ...added, target, principal: call.principal, decision: again.decision };
  };
  if (round?.kind === "link" && call.principal.kind === "user") {
    await hearRetry(knownLink(round.id, call.principal.id, ports), linking, ports);
    target = withoutRound(target);
    await takeAgain();
  }
  for (let turn = 1; ; turn++) {
    const wanted = await linkWanted({ call, target }, ports);
    if (!wanted) return added;
    if (turn > maxTurns) throw await linkRefusal(wanted, call, target.capability.server, ports);
    const answer = await askForLink(wanted, { call, target, round, approved: round?.approved }, ports);
    if (answer) return { ...added, answer };
    await takeAgain();
  }
}

/** Throws what `Credentials.prepare` does, but for `link_required`. */
async function linkWanted(
  { call, target }: Pick<Linking, "call" | "target">,
  { credentials }: Pick<CallPorts, "credentials">,
): Promise<Fault | undefined> {
  const { signal } = call.cancel;
  try {
    const owner = ownerOf(call.principal, call.portal.slug);
    await credentials.prepare(targetOf(target.capability.server), owner, signal);
    return undefined;
  } catch (error) {
    if (isLinkWanted(error)) return error;
    throw signal.aborted && !isFault(error) ? endOf(signal) : error;
  }
}

function endOf({ reason }: AbortSignal): Fault {
  return isFault(reason)
    ? reason
    : kernelFaults.fault("cancelled", "The request was cancelled", { cause: reason });
}
