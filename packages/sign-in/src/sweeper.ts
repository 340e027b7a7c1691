/** Forgets what is of no use any more, a bounded part once an hour. */
export interface Sweeping extends AsyncDisposable {
  /** Now; rejects with what failed. */
  sweep(): Promise<void>;
}

const everyMs = 3600_000;

export function startSweeping(
  sweeps: readonly (() => Promise<unknown>)[],
  onError: (error: unknown) => void,
): Sweeping {
  let running: Promise<void> = Promise.resolve();
  const sweep = async () => {
    for (const one of sweeps) await one();
  };
  const timer = setInterval(() => {
    running = sweep().catch(onError);
  }, everyMs).unref();
  return {
    sweep,
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
