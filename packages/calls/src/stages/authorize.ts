import { insufficientScope, type Use } from "@castellan/access";
import type { Admitted, Authorized, ForwardTarget, Resolved } from "../call.ts";
import { defineStage } from "./stage.ts";

/**
 * What the caller may not do at all was not found by `resolve`. Here is refused what they may, but not with the
 * credential that they sent: its holder can ask the person for more.
 */
export const authorize = defineStage<Admitted & Resolved, Authorized>({
  name: "authorize",
  owner: "access",
  does: "what the call is a use of → whether the caller's token was given that; from here on it ends when that is taken away",
  run(call, { holdCall }) {
    const { target, portal, principal, authorization, cancel } = call;
    if (target.kind !== "forward") return { hold: undefined };
    const use = useOf(target);
    if (!portal.isGranted(use)) throw insufficientScope(portal.slug, use);
    const onEnd = (why: Error) => cancel.abort(why);
    return { hold: holdCall?.({ principal, authorization, portal: portal.slug, use, onEnd }) };
  },
});

export function useOf({ capability }: Pick<ForwardTarget, "capability">): Use {
  return { server: capability.server.server.slug, toolClass: capability.class };
}
