import type { Admitted, Announced, Resolved } from "../call.ts";
import { withoutRound } from "../request-state/round.ts";
import { defineStage } from "./stage.ts";

/** Under which a modern client answers to an announcement. */
export const announcementKey = "castellan_announcement";

/** Once it is known that the call would go through, and before anything else is asked of its caller. */
export const announce = defineStage<Admitted & Resolved, Announced>({
  name: "announce",
  owner: "portal",
  does: "servers that are new to a person → told once, where their client opens pages",
  run(call) {
    const { target, portal, protocol, child } = call;
    // Whoever wrote the code was told ahead of the call that runs it, or will be.
    if (child) return nothing;
    if (target.kind !== "forward" || target.request.method !== "tools/call") return nothing;
    const { inputResponses, requestState } = target.request.params ?? {};
    // Whatever the answer, the call goes on, and the server hears nothing of it.
    const isAnswered = protocol.era === "modern" && requestState === undefined && holdsKey(inputResponses);
    if (isAnswered) return { target: withoutRound(target) };
    const announcing = portal.announce?.(call, target);
    return announcing ? announcing.then((answer) => (answer ? { answer } : nothing)) : nothing;
  },
});

const nothing: Announced = Object.freeze({});

function holdsKey(responses: unknown): boolean {
  return typeof responses === "object" && responses !== null && Object.hasOwn(responses, announcementKey);
}
