import type { Admitted, Authorized, Credentialed, Resolved } from "../call.ts";
import { meetLink } from "../linking/meet-link.ts";
import { roundOf } from "../request-state/round.ts";
import { defineStage } from "./stage.ts";

/** Before anybody is asked to approve it: a call that could not be sent anyway is nobody's to decide on. */
export const credential = defineStage<Admitted & Resolved & Authorized, Credentialed>({
  name: "credential",
  owner: "credentials",
  does: "what the server is to be called with for this caller → at hand and fresh, or asked for in the way that the client knows",
  run(call, ports) {
    const { target, protocol } = call;
    if (target.kind !== "forward") return ofNoServer;
    const round = protocol.era === "modern" ? roundOf({ call, target }, ports) : undefined;
    return meetLink({ call, target, round }, ports);
  },
});

const ofNoServer: Credentialed = Object.freeze({ round: undefined });
