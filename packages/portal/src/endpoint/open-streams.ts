/** Answers that last: a subscription of the modern era, the stream of a legacy session. */
import type { Outcome, Received } from "@castellan/calls";
import { kernelFaults } from "@castellan/kernel";
import type { Session } from "../sessions/session.ts";
import { Exchange } from "./exchange.ts";

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

/** The stream of a legacy session, for what is said outside of requests. Its headers leave at once. */
export function openStream(session: Session, draining: AbortSignal, watched: Disposable): Promise<Response> {
  const done = AbortSignal.any([session.ended, draining]);
  const exchange = new Exchange({ acceptsStream: true, onGone: () => close() });
  const attached = session.attach((text) => exchange.relay(text));
  const close = () => {
    done.removeEventListener("abort", close);
    attached[Symbol.dispose]();
    watched[Symbol.dispose]();
    exchange.finish(200, undefined);
  };
  exchange.open();
  if (done.aborted) close();
  else done.addEventListener("abort", close, { once: true });
  return exchange.response;
}
