import type { Admitted, Limited, Resolved } from "../call.ts";
import { defineStage } from "./stage.ts";

/** One caller's flood, or one server's silence, must leave room for the others. */
export const limit = defineStage<Admitted & Resolved, Limited>({
  name: "limit",
  owner: "limits",
  does: "rate and calls under way, per person, server and tool",
  run({ principal, target }, { limiter }) {
    if (target.kind === "own-tool" || target.kind === "own-resource") {
      const place = limiter.admitOwn(principal);
      return { slot: place, place };
    }
    if (target.kind !== "forward") return { slot: undefined };
    const slot = limiter.admit(principal, target.capability);
    return slot instanceof Promise ? slot.then((held) => ({ slot: held })) : { slot };
  },
});
