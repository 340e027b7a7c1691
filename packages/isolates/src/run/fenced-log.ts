/** What a program logs: what comes between the two lines that the harness writes around it, as far as the program knows them not. */
import { randomUUID } from "node:crypto";
import type { Fault } from "@castellan/kernel";
import type { LogLine } from "../program.ts";
import type { RunMeter } from "./meter.ts";

/** What a line counts for at least: an empty one is work, too. */
const minLineBytes = 32;

export class FencedLog {
  /** What the harness writes before the program begins, and after its end. */
  readonly fence = randomUUID();
  readonly #meter: RunMeter;
  readonly #lines: LogLine[] = [];
  #fencesSeen = 0;

  constructor(meter: RunMeter) {
    this.#meter = meter;
  }

  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  /** Whether all has come that was logged before the end. */
  get isWhole(): boolean {
    return this.#fencesSeen === 2;
  }

  /** Returns the breach of a limit by this line, which is not kept then. */
  take(line: LogLine): Fault | undefined {
    if (line.text === this.fence) {
      this.#fencesSeen += 1;
      return undefined;
    }
    if (this.#fencesSeen !== 1) return undefined;
    const tooMuch = this.#meter.add("logBytes", Math.max(Buffer.byteLength(line.text) + 1, minLineBytes));
    if (tooMuch === undefined) this.#lines.push(line);
    return tooMuch;
  }
}
