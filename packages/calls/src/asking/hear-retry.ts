/** A modern client comes back with its answers to questions of this house (2026-07-28, SEP-2322). */
import { isFault } from "@castellan/kernel";
import type { RequestMessage } from "@castellan/mcp";
import type { Admitted, ForwardTarget } from "../call.ts";
import { actionOf } from "../request-state/round.ts";
import type { CallPorts } from "../stages/stage.ts";
import type { Errand, ErrandState } from "./errand.ts";

/** So long a retry waits before it is answered with the same question. */
const waitMs = 20_000;

type Known = Pick<Errand, "key" | "settled" | "decline">;
type Retrying = Pick<Admitted, "principal" | "cancel">;

/** Resolves when it is done, or still waits. Throws a bad end, and `calls_limited`. */
export async function hearRetry(
  errand: Known,
  { call, target }: { readonly call: Retrying; readonly target: ForwardTarget },
  ports: Pick<CallPorts, "limiter">,
): Promise<void> {
  const [state] = await hearAnswers([errand], call, target.request, ports);
  if (isFault(state)) throw state;
}

/** Resolves when all of them are settled, or the time is over, with how each stands then. Throws `calls_limited`, and why the call ended. */
export async function hearAnswers(
  errands: readonly Known[],
  call: Retrying,
  request: RequestMessage,
  ports: Pick<CallPorts, "limiter">,
): Promise<readonly ErrandState[]> {
  using _place = ports.limiter.admitWaiting(call.principal);
  const { signal } = call.cancel;
  return await Promise.all(
    errands.map(({ key, settled, decline }) => {
      const action = actionOf(request, key);
      const isDeclined = action === "decline" || action === "cancel";
      return isDeclined ? decline() : settled({ signal, timeoutMs: waitMs });
    }),
  );
}
