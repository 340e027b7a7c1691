/** Long work with turns for everybody else in between. */
import { setImmediate } from "node:timers/promises";

/** Does one thing after the other; `work` says how many characters it has read or written. */
export async function inTurns<One>(all: Iterable<One>, work: (one: One) => number): Promise<void> {
  let left = 0;
  for (const one of all) {
    if (left <= 0) {
      await nextTurn();
      left = turnLength;
    }
    left -= work(one) + minLength;
  }
}

/** A few milliseconds of reading JSON. */
const turnLength = 48 * 1024;
/** What the smallest thing is counted as. */
const minLength = 128;

let line: Promise<void> = Promise.resolve();

/** A round of the event loop holds one turn, however many wait for theirs. */
export function nextTurn(): Promise<void> {
  line = line.then(() => setImmediate());
  return line;
}
