import type { Admitted, Limited, Resolved } from "../call.ts";
import { defineStage } from "./stage.ts";

/** One caller's flood, or one server's silence, must leave room for the others. */
export const limit = defineStage<Admitted & Resolved, Limited>({
  name: "limit",
  owner: "calls",
  does: "calls under way, per caller and server",
  run: ({ principal, target }, { underWay }) => ({
    slot: target.kind === "forward" ? underWay.enter(principal, target.capability.server.server) : undefined,
  }),
});
