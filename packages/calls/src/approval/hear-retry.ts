/** A modern client comes back with its answer to the question of this house (2026-07-28, SEP-2322). */
import { isFault, type Id } from "@castellan/kernel";
import { actionOf } from "../request-state/round.ts";
import type { CallPorts } from "../stages/stage.ts";
import { giveUp } from "./give-up.ts";
import type { Meeting } from "./meet-demands.ts";
import { questionKey } from "./question.ts";
import { assertGoesOn } from "./refusals.ts";

/** So long a retry waits for a decision before it is answered with the same question. */
const waitMs = 20_000;

/**
 * Resolves when the request was decided, or still waits; also when it is known no more, and is to be asked anew. Throws what
 * became of it otherwise, and `calls_limited`.
 */
export async function hearRetry(
  id: Id<"approval">,
  { call, target }: Pick<Meeting, "call" | "target">,
  ports: Pick<CallPorts, "approvals" | "limiter">,
): Promise<void> {
  using _place = ports.limiter.admitWaiting(call.principal);
  const action = actionOf(target.request, questionKey);
  const isDeclined = action === "decline" || action === "cancel";
  try {
    assertGoesOn(
      isDeclined
        ? await giveUp(id, call.principal.id, ports)
        : await ports.approvals.settled(id, { signal: call.cancel.signal, timeoutMs: waitMs }),
    );
  } catch (error) {
    if (!isFault(error, "approval_not_found")) throw error;
  }
}
