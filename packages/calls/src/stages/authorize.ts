import { insufficientScope, type Use } from "@castellan/access";
import type { Fault } from "@castellan/kernel";
import type { Admitted, Authorized, ForwardTarget, Resolved } from "../call.ts";
import { policyDenied } from "../policy/refusals.ts";
import { policyUseOf } from "../policy/use-of-call.ts";
import { whatOf } from "../policy/words.ts";
import { defineStage, type HeldCall } from "./stage.ts";

/**
 * What the caller may not do at all was not found by `resolve`. Here is refused what they may, but not with the
 * credential that they sent: its holder can ask the person for more; and what rules do not let them do from here, now,
 * with these arguments.
 */
export const authorize = defineStage<Admitted & Resolved, Authorized>({
  name: "authorize",
  owner: "policy",
  does: "what the call is a use of → whether the caller's token was given that, and rules let it through; from here on it ends when that is taken away",
  run(call, { holdCall, clock }) {
    const { target, portal, judge, cancel } = call;
    const onEnd = (why: Fault) => cancel.abort(why);
    if (target.kind === "own-tool")
      return { decision: undefined, hold: holdCall?.({ ...heldAs(call, clock.now()), onEnd }) };
    if (target.kind !== "forward") return notJudged;
    const use = useOf(target);
    if (!portal.isGranted(use)) throw insufficientScope(portal.slug, use);
    const judged = policyUseOf(portal.slug, target, clock.now());
    const decision = judge.decide(judged);
    if (decision.outcome === "deny") throw policyDenied(decision, whatOf(target));
    const toServer = { use, judged };
    const hold = holdCall?.({ ...heldAs(call, judged.nowMs), toServer, onEnd });
    return { decision, hold };
  },
});

const notJudged: Authorized = { decision: undefined, hold: undefined };

export function useOf({ capability }: Pick<ForwardTarget, "capability">): Use {
  return { server: capability.server.server.slug, toolClass: capability.class };
}

/** Who has to be let in, and whence, while a call is under way. */
export function heldAs(
  { principal, authorization, standing, connection, portal }: Admitted & Pick<Resolved, "portal">,
  sinceMs: number,
): Omit<HeldCall, "toServer" | "onEnd"> {
  return { principal, authorization, standing, connection, portal: portal.slug, sinceMs };
}
