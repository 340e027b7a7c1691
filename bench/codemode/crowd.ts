/** Many programs at once, more than may run: the rest waits its turn. */
import { spread, type Spread } from "../load/figures.ts";
import { empty, type Host } from "./runtime.ts";

export interface Crowd {
  /** From the first that was sent to the last that ended, milliseconds. */
  readonly allMs: number;
  /** Of each from being sent to its end. */
  readonly took: Spread;
  readonly failures: number;
}

export const callOnce = `await call("x"); ${empty}`;

/** `run`: the n-th of them, of the same few owners in turn. */
export async function crowd(
  total: number,
  run: (place: number, host: Host) => Promise<unknown>,
): Promise<Crowd> {
  let failures = 0;
  const startedMs = performance.now();
  const host: Host = async (text) => {
    // As long as a quick server takes.
    await new Promise((resolve) => setTimeout(resolve, 20));
    return text;
  };
  const took = await Promise.all(
    Array.from({ length: total }, async (_, place) => {
      await run(place, host).catch((error: unknown) => {
        if (failures++ === 0) console.error(error);
      });
      return performance.now() - startedMs;
    }),
  );
  return { allMs: performance.now() - startedMs, took: spread(took), failures };
}

/** For runtimes that have no queue of their own: so many at a time, first come first served. */
export function atMost(atOnce: number): <T>(run: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = atOnce;
  return async (run) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
