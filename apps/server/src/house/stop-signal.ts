import { systemClock } from "@castellan/kernel";

/** npm passes a signal on that the terminal has sent to us already: such an echo is not a second wish. */
const echoMs = 500;

/**
 * Aborts on the first SIGINT or SIGTERM. A second one ends the process at once: whoever asks twice
 * does not want to wait for running calls.
 */
export function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  let firstMs = 0;
  const stop = () => {
    const nowMs = systemClock.monotonic();
    if (!stopping.signal.aborted) firstMs = nowMs;
    else if (nowMs - firstMs > echoMs) process.exit(130);
    stopping.abort();
  };
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, stop);
  return stopping.signal;
}

export function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  else signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}
