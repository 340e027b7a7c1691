/** Ways to run a stranger's program, each with the same work: the body of an async function that has `call(text)` and may return a text. */
import type { Spread } from "../load/figures.ts";
import { spread } from "../load/figures.ts";

/** Answers a call of a program. */
export type Host = (text: string) => Promise<string>;

export interface Runtime extends AsyncDisposable {
  readonly name: string;
  /** Runs it in what is ready, and makes the next ready. */
  run(body: string, host: Host): Promise<string | undefined>;
  /** From nothing to the end of an empty program, milliseconds. */
  cold(): Promise<number>;
  /** Of one that waits for a program, MiB. */
  idleMiB(): Promise<number>;
  /** Of one whose program waits for a call, MiB. */
  busyMiB(): Promise<number>;
}

export const empty = "return '1'";
export const sequential = (calls: number) =>
  `for (let n = 0; n < ${calls}; n++) await call(String(n)); return 'ok'`;
export const parallel = (calls: number) =>
  `await Promise.all(Array.from({ length: ${calls} }, (_, n) => call(String(n)))); return 'ok'`;

/** At once, so that what is measured is the way there and back. */
export const echo: Host = (text) => Promise.resolve(text);

/** Milliseconds of each of `times` runs, one after the other. */
export async function timeRuns(times: number, run: () => Promise<unknown>): Promise<Spread> {
  const took: number[] = [];
  for (let n = 0; n < times; n++) {
    const startedMs = performance.now();
    await run();
    took.push(performance.now() - startedMs);
  }
  return spread(took);
}

/** Has so many programs wait for a call while `look` looks. */
export async function whileBusy<T>(
  runtime: Pick<Runtime, "run">,
  count: number,
  look: () => Promise<T>,
): Promise<T> {
  const { promise: opened, resolve: open } = Promise.withResolvers<string>();
  const arrived = Promise.withResolvers<void>();
  let arrivals = 0;
  const host: Host = () => {
    if (++arrivals === count) arrived.resolve();
    return opened;
  };
  const runs = Array.from({ length: count }, () => runtime.run("return await call('wait')", host));
  try {
    await Promise.race([arrived.promise, Promise.all(runs)]);
    return await look();
  } finally {
    open("");
    await Promise.all(runs);
  }
}
