/** Sentences that are told in more than one place. */
import type { Fault } from "@castellan/kernel";
import { codemodeFaults } from "../faults.ts";

export function runCancelled(): Fault {
  return codemodeFaults.fault("run_cancelled", "The run was cancelled, by its caller or an admin");
}

export function runExpired(): Fault {
  return codemodeFaults.fault("run_expired", "Nobody decided in time: send the code again to begin anew");
}

/** Of code that only explores. */
export function nothingToWaitFor(): Fault {
  return codemodeFaults.fault("code_threw", "The code waits for something that never comes");
}
