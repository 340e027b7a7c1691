/** Waiting for what others may wait for as well: whoever goes ends their own waiting, and not the work. */
import { isFault, kernelFaults } from "@castellan/kernel";

/** Rejects as the work does; when the signal aborts with its reason, and with `cancelled` where that is no fault. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: gone, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(faultOf(signal.reason));
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([gone, work]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Whether the work is over before the time is, milliseconds. Rejects as `unlessAborted`. */
export async function isOverWithin(
  work: Promise<unknown>,
  ms: number,
  signal: AbortSignal,
): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), ms);
  try {
    return await unlessAborted(Promise.race([work.then(() => true), late]), signal);
  } finally {
    clearTimeout(timer);
  }
}

function faultOf(reason: unknown): Error {
  return isFault(reason)
    ? reason
    : kernelFaults.fault("cancelled", "Whoever waited went away", { cause: reason });
}
