/** Counts what a run uses, as seen from outside. Each `add` answers the fault if that was too much. */
import type { Fault } from "@castellan/kernel";

import { breach } from "../limits.ts";
import type { RunLimits } from "../program.ts";

export type Counted = "calls" | "bytesOut" | "bytesIn" | "logBytes";

export class RunMeter {
  readonly limits: RunLimits;
  readonly #counts: Record<Counted, number> = { calls: 0, bytesOut: 0, bytesIn: 0, logBytes: 0 };

  constructor(limits: RunLimits) {
    this.limits = limits;
  }

  get counts(): Readonly<Record<Counted, number>> {
    return this.#counts;
  }

  add(counted: Counted, amount: number): Fault | undefined {
    this.#counts[counted] += amount;
    return this.#counts[counted] > this.limits[counted] ? breach(counted, this.limits[counted]) : undefined;
  }
}
