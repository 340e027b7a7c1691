import type { Isolates, IsolateStats } from "./isolates.ts";

/** A pool that is opened for the first program: whoever runs none has no processes waiting for one. */
export type IsolatesOnDemand = Pick<Isolates, "run" | "stats"> & AsyncDisposable;

/** `open` is tried again by the next program where it failed; that one fails with what it threw. */
export function openOnDemand(open: () => Promise<Isolates>): IsolatesOnDemand {
  let opening: Promise<Isolates> | undefined;
  let opened: Isolates | undefined;

  async function pool(): Promise<Isolates> {
    try {
      opened = await (opening ??= open());
      return opened;
    } catch (error) {
      opening = undefined;
      throw error;
    }
  }

  return {
    run: async (program, options) => (opened ?? (await pool())).run(program, options),
    get stats() {
      return opened?.stats ?? none;
    },
    async [Symbol.asyncDispose]() {
      const last = await opening?.catch(() => undefined);
      await last?.[Symbol.asyncDispose]();
    },
  };
}

const none: IsolateStats = Object.freeze({
  idle: 0,
  busy: 0,
  starting: 0,
  waiting: 0,
  started: 0,
  killed: 0,
});
