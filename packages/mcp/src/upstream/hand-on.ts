/** Hands what a server said to whoever asked. */
import type { Message } from "../jsonrpc/message.ts";
import type { Silence } from "./silence.ts";
import { orAborted } from "./upstream-fault.ts";

/** Takes a message. The next one is read when the promise, if there is one, has resolved. */
export type OnMessage = (message: Message) => void | Promise<void>;

/**
 * Hands a message on. Returns a promise only when the receiver did: it is not read on until that has
 * resolved, and for so long the server is not blamed for its silence. Throws what the receiver throws,
 * and `cancelled` or what else the signal's abort means.
 */
export function handOn(
  message: Message,
  onMessage: OnMessage | undefined,
  { silence, signal }: { readonly silence?: Silence | undefined; readonly signal: AbortSignal },
): void | Promise<void> {
  const taken = onMessage?.(message);
  if (taken !== undefined) return untilTaken(taken, silence, signal);
}

async function untilTaken(
  taken: Promise<void>,
  silence: Silence | undefined,
  signal: AbortSignal,
): Promise<void> {
  using _held = silence?.hold();
  await orAborted(taken, signal);
}
