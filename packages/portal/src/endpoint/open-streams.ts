/** Answers that last: a subscription of the modern era, the stream of a legacy session. */
import type { Outcome, Received } from "@castellan/calls";
import { kernelFaults } from "@castellan/kernel";
import type { Hearer } from "../sessions/session-parts.ts";
import type { Session } from "../sessions/session.ts";
import { EventStream } from "../streams/event-stream.ts";
import type { Exchange } from "./exchange.ts";

/** Sends what follows for as long as the client stays and the server runs; resolves to the last message. */
export async function follow(
  exchange: Exchange,
  { stream, text }: Outcome,
  { cancel }: Received,
  draining: AbortSignal,
): Promise<string | undefined> {
  const stop = () => cancel.abort(kernelFaults.fault("shutting_down", "The server is stopping"));
  if (draining.aborted) stop();
  draining.addEventListener("abort", stop, { once: true });
  try {
    await stream?.((message) => exchange.relay(message));
    return text;
  } finally {
    draining.removeEventListener("abort", stop);
  }
}

/**
 * The stream of a legacy session, for what is said outside of requests. Its headers leave before anything
 * is said. Throws `session_unknown`, and what the database does.
 */
export async function openStream(
  session: Session,
  {
    listener,
    draining,
    ended,
    watched,
    stallMs,
  }: {
    listener: () => Hearer;
    draining: AbortSignal;
    /** Aborts when the caller is let in no more. */
    ended: AbortSignal;
    /** Disposed of when the stream is over. */
    watched: Disposable;
    stallMs: number | undefined;
  },
): Promise<Response> {
  const done = AbortSignal.any([session.closed, draining, ended]);
  const over = new DisposableStack();
  over.use(watched);
  const events = new EventStream({ stallMs, onOver: () => over.dispose() });
  const close = () => events.close();
  try {
    const attached = await session.stream.attach(events, listener);
    if (over.disposed) attached[Symbol.dispose]();
    else over.use(attached);
  } catch (error) {
    void events.response.body?.cancel();
    throw error;
  }
  if (done.aborted) close();
  else if (!over.disposed) {
    done.addEventListener("abort", close, { once: true });
    over.defer(() => done.removeEventListener("abort", close));
  }
  return events.response;
}
