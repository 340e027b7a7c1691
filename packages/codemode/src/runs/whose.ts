/** Whose a run is: one caller's, by one client of theirs, at one portal. What one client has begun is nothing to the others. */
import type { Run, RunCaller } from "../run.ts";

export interface Whose {
  readonly caller: Pick<RunCaller, "principalId" | "clientId">;
  /** Slug. */
  readonly portal: string;
}

export function isOf({ caller: of, portal }: Pick<Run, "caller" | "portal">, whose: Whose): boolean {
  const { caller, portal: at } = whose;
  return portal === at && of.principalId === caller.principalId && of.clientId === caller.clientId;
}
