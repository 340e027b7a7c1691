/** How the end of a program is told: as a value, or as a failure that names its code and, where it is known, the line. */
import type { RunEnd } from "@castellan/isolates";
import type { Fault } from "@castellan/kernel";
import { toOutcome } from "../inside/outcome.ts";
import type { RunEnding } from "../run.ts";

/** Undefined: it waits for people. `module`: of the program. */
export function endingOf(end: RunEnd, module: string): RunEnding | undefined {
  const outcome = toOutcome(end, module);
  if (outcome.kind === "parked") return undefined;
  return outcome.kind === "returned" ? { status: "completed", text: outcome.text } : failure(outcome.fault);
}

export function failure({ code, message, data }: Fault): RunEnding {
  return { status: "failed", code, message, data };
}
