import type { Admitted, Approved, Authorized, Credentialed, Resolved } from "../call.ts";
import { meetDemands } from "../approval/meet-demands.ts";
import { withoutRound } from "../request-state/round.ts";
import { defineStage } from "./stage.ts";

/** Before any limit: who waits for a person takes nobody's place, and no time of theirs runs. */
export const approve = defineStage<Admitted & Resolved & Authorized & Pick<Credentialed, "round">, Approved>({
  name: "approve",
  owner: "approvals",
  does: "what rules want first (a person's yes, a proof, a purpose) → given, or asked for in the way that the client knows",
  run(call, ports) {
    const { target, decision, round } = call;
    if (target.kind !== "forward") return unasked;
    // A task came of a call that was asked about.
    if (decision?.outcome === "ask" && target.capability.kind !== "task")
      return meetDemands({ call, target, round, decision }, ports);
    return round?.kind === "approval" ? { approved: undefined, target: withoutRound(target) } : unasked;
  },
});

const unasked: Approved = Object.freeze({ approved: undefined });
