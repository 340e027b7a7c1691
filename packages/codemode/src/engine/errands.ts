/** What runs wait for, as requests that people see to. */
import { errandOf, type CallPorts, type ErrandState } from "@castellan/calls";
import { isFault } from "@castellan/kernel";
import type { RunCaller, RunWait } from "../run.ts";

export type ErrandPorts = Pick<CallPorts, "approvals" | "links">;

/** How each stands at this moment, in their order. */
export function statesOf(
  waits: readonly RunWait[],
  { principalId }: RunCaller,
  ports: ErrandPorts,
  signal: AbortSignal,
): Promise<readonly ErrandState[]> {
  return Promise.all(
    waits.map((wait) => errandOf(wait, principalId, ports).settled({ signal, timeoutMs: 0 })),
  );
}

/** Takes back requests for decisions that nobody waits for any more. An account is good to have all the same. */
export async function withdraw(
  waits: readonly RunWait[],
  { principalId }: RunCaller,
  { approvals }: ErrandPorts,
): Promise<void> {
  for (const wait of waits)
    if (wait.kind === "approval")
      try {
        await approvals.withdraw(wait.id, principalId);
      } catch (error) {
        // Somebody was quicker, or it is no more.
        if (!isFault(error)) throw error;
      }
}
