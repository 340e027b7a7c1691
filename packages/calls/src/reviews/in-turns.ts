import { setImmediate } from "node:timers/promises";

/** What is worked on at a time, characters. */
const turnLength = 256 * 1024;

/** Each of them, with turns for others in between: what servers list is megabytes, and is judged text by text. */
export async function* inTurns<One>(all: Iterable<One>, lengthOf: (one: One) => number): AsyncGenerator<One> {
  let length = 0;
  for (const one of all) {
    length += lengthOf(one);
    if (length > turnLength) {
      await setImmediate();
      length = 0;
    }
    yield one;
  }
}
