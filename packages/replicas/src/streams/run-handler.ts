/** One question being answered: the handler, its texts in order, and what ends it early. */
import type { QuestionHandler } from "./question.ts";

export interface RunOptions {
  readonly handler: QuestionHandler;
  readonly question: string;
  /** Takes a text; one at a time. A failure aborts the stream with what was thrown. */
  readonly deliver: (text: string) => Promise<void>;
  /** Aborted: the run rejects with the reason at once, whatever the handler does. */
  readonly stop: AbortController;
}

/** Resolves with the handler's last text when all others are delivered. */
export async function runHandler({ handler, question, deliver, stop }: RunOptions): Promise<string> {
  const { signal } = stop;
  let isOver = false;
  let delivered = Promise.resolve();
  const send = (text: string): Promise<void> => {
    const sent = delivered.then(async () => {
      signal.throwIfAborted();
      if (isOver) throw new Error("The stream has ended; await what is sent before the handler returns");
      await deliver(text);
    });
    delivered = sent.catch((error: unknown) => stop.abort(error));
    return sent;
  };
  try {
    return await beforeAbort(signal, async () => {
      const last = await handler(question, { send, signal });
      await delivered;
      signal.throwIfAborted();
      return last;
    });
  } finally {
    isOver = true;
  }
}

/** What `run` gives, or the signal's reason if that comes first. */
async function beforeAbort<T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([run(), aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
