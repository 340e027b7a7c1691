/** Time has gone by in which a call waited: who calls and what is called are looked up again, and rules are asked again. */
import type { Principal } from "@castellan/access";
import { isFault } from "@castellan/kernel";
import type { Decision } from "@castellan/policy";
import type { Admitted, ForwardTarget, Resolved } from "../call.ts";
import type { CallPorts } from "../stages/stage.ts";
import { policyDenied } from "./refusals.ts";
import { policyUseOf } from "./use-of-call.ts";
import { whatOf } from "./words.ts";

type Ports = Pick<CallPorts, "authenticate" | "policy" | "clock" | "upstreams">;

/** Throws `policy_denied`, `token_invalid`, `server_changed`. */
export async function decideAgain<Call extends Admitted & Resolved>(
  before: Call,
  waited: ForwardTarget,
  ports: Ports,
): Promise<{ call: Call; target: ForwardTarget; decision: Decision }> {
  const target = asNow(waited, ports);
  const call = { ...before, principal: await callerNow(before, ports) };
  const { principal, connection, portal } = call;
  const judge = await ports.policy.judge(principal, connection, portal.slug);
  const decision = judge.decide(policyUseOf(portal.slug, target, ports.clock.now()));
  if (decision.outcome === "deny") throw policyDenied(decision, whatOf(target));
  return { call, target, decision };
}

/** What was found out about the server meanwhile counts, and what it was before is nobody's to be called. */
function asNow(target: ForwardTarget, { upstreams }: Ports): ForwardTarget {
  const { capability } = target;
  return { ...target, capability: { ...capability, server: upstreams.current(capability.server) } };
}

/** That a token has expired while its call waited is no reason to refuse it: it was good when the call began. */
async function callerNow(call: Admitted, { authenticate }: Ports): Promise<Principal> {
  if (call.principal.kind === "public") return call.principal;
  try {
    return await authenticate(call);
  } catch (error) {
    if (isFault(error, "token_expired")) return call.principal;
    throw error;
  }
}
