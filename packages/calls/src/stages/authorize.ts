import { insufficientScope, type Use } from "@castellan/access";
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
    if (target.kind !== "forward") return notJudged;
    const use = useOf(target);
    if (!portal.isGranted(use)) throw insufficientScope(portal.slug, use);
    const judged = policyUseOf(portal.slug, target, clock.now());
    const decision = judge.decide(judged);
    if (decision.outcome === "deny") throw policyDenied(decision, whatOf(target));
    const hold = holdCall?.({ ...heldAs(call, target, judged), onEnd: (why) => cancel.abort(why) });
    return { decision, hold };
  },
});

const notJudged: Authorized = { decision: undefined, hold: undefined };

export function useOf({ capability }: Pick<ForwardTarget, "capability">): Use {
  return { server: capability.server.server.slug, toolClass: capability.class };
}

/** What has to stay true of a call while it is under way. */
export function heldAs(
  { principal, authorization, connection, portal }: Admitted & Pick<Resolved, "portal">,
  target: ForwardTarget,
  judged: HeldCall["judged"],
): Omit<HeldCall, "onEnd"> {
  return { principal, authorization, connection, portal: portal.slug, use: useOf(target), judged };
}
