/** Holds a server's own stream open for as long as somebody listens, whatever becomes of it. */
import { randomInt } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Channel, Message } from "@castellan/mcp";

const firstWaitMs = 1_000;
const longestWaitMs = 30_000;
/** A stream that was open for less was only one more try. */
const steadyMs = 10_000;

/** Resolves when the signal aborts, or when the server has no such stream. Never rejects. */
export async function keepListening(options: {
  open: (signal: AbortSignal) => Promise<Channel>;
  onMessage: (message: Message, channel: Channel) => void | Promise<void>;
  signal: AbortSignal;
}): Promise<void> {
  const { open, onMessage, signal } = options;
  let waitMs = firstWaitMs;
  while (!signal.aborted) {
    let steady: AbortSignal | undefined;
    try {
      const channel = await open(signal);
      const end = await channel.listen?.({
        signal,
        onMessage: (message) => onMessage(message, channel),
        onOpen: () => {
          steady ??= AbortSignal.timeout(steadyMs);
        },
      });
      if (end === undefined || end === "unsupported") return;
    } catch {
      // A server that cannot be reached now may be there later; calls say what is wrong with it.
    }
    if (steady?.aborted) waitMs = firstWaitMs;
    // Many sessions lose their streams with the server at once: they must not all come back at once.
    await delay(waitMs / 2 + randomInt(waitMs / 2), undefined, { signal, ref: false }).catch(() => undefined);
    waitMs = Math.min(waitMs * 2, longestWaitMs);
  }
}
