/**
 * GET with `Last-Event-ID` (2025-11-25, transports, "Resumability and Redelivery"): the rest of the stream
 * of a request, from the replica that runs it. Where it runs no more, the request is answered with an
 * error: its client would wait for ever.
 */
import { callFaults } from "@castellan/calls";
import { errorText, messageEvent, toWireError, type RequestId } from "@castellan/mcp";
import type { RemoteStreams, Replicas } from "@castellan/replicas";
import type { Session } from "../sessions/session.ts";
import type { openEventId } from "../streams/event-id.ts";
import { eventText, readerOf } from "../streams/event-readers.ts";
import { EventStream } from "../streams/event-stream.ts";
import type { EventReader } from "../streams/resumable-stream.ts";
import type { ResumableStreams } from "../streams/resumable-streams.ts";

export type EventPlace = NonNullable<ReturnType<typeof openEventId>>;

export interface ResumePorts {
  readonly replicas: Replicas;
  readonly remote: RemoteStreams;
  readonly resumable: ResumableStreams;
}

export interface Resumption {
  readonly session: Session;
  readonly requestId: string;
  readonly draining: AbortSignal;
  /** Aborts when the caller is let in no more. */
  readonly ended: AbortSignal;
  /** Disposed of when the stream is over. */
  readonly watched: Disposable;
  readonly stallMs: number | undefined;
}

const resumeTopic = "session-resume";

interface Question {
  readonly session: string;
  readonly exchange: string;
  readonly after: number;
}

export function resumeStream(place: EventPlace, resumption: Resumption, ports: ResumePorts): Response {
  const { session, ended, watched, stallMs } = resumption;
  const over = AbortSignal.any([session.closed, ended]);
  const left = new AbortController();
  const close = () => events.close();
  const events = new EventStream({
    stallMs,
    onGone: () => left.abort(),
    onOver: () => {
      over.removeEventListener("abort", close);
      watched[Symbol.dispose]();
    },
  });
  over.addEventListener("abort", close, { once: true });
  if (over.aborted) close();
  const { replica } = place.place;
  const lost = () => events.close(lostEvent(place.place.requestId, resumption.requestId));
  if (replica !== ports.replicas.id)
    void readElsewhere(place, events, { ...resumption, over, left, lost }, ports);
  else if (!readHere(place, events, { session, left }, ports.resumable)) lost();
  return events.response;
}

/** Serves the streams of this replica to clients that came back to another. */
export function serveResumptions(remote: RemoteStreams, resumable: ResumableStreams): Disposable {
  const stop = remote.answer(resumeTopic, async (text, { send, signal }) => {
    const { session, exchange, after } = JSON.parse(text) as Question;
    const stream = resumable.find(exchange, session);
    const over = Promise.withResolvers<void>();
    // In order: each is sent when the one before it was.
    let sent: Promise<unknown> = Promise.resolve();
    const reader: EventReader = {
      take(event) {
        const taken = sent.then(() => send(`${event.sequence} ${event.text}`));
        sent = taken.catch(over.reject);
        return taken.then(
          () => true,
          () => false,
        );
      },
      end: () => void sent.then(() => over.resolve()),
    };
    const leave = () => over.reject(signal.reason);
    signal.addEventListener("abort", leave, { once: true });
    try {
      if (!stream?.resume(reader, after)) throw exchangeLost();
      await over.promise;
      return "";
    } catch (error) {
      stream?.leave(reader);
      throw error;
    } finally {
      signal.removeEventListener("abort", leave);
    }
  });
  return { [Symbol.dispose]: stop };
}

function readHere(
  { token, place, sequence }: EventPlace,
  events: EventStream,
  { session, left }: { session: Session; left: AbortController },
  resumable: ResumableStreams,
): boolean {
  const stream = resumable.find(place.exchange, session.id);
  const reader = readerOf(events, token);
  left.signal.addEventListener("abort", () => stream?.leave(reader), { once: true });
  return stream?.resume(reader, sequence) ?? false;
}

/** Never rejects. */
async function readElsewhere(
  { token, place, sequence }: EventPlace,
  events: EventStream,
  {
    session,
    draining,
    over,
    left,
    lost,
  }: Pick<Resumption, "session" | "draining"> & {
    over: AbortSignal;
    left: AbortController;
    lost: () => void;
  },
  { remote }: ResumePorts,
): Promise<void> {
  const question: Question = { session: session.id, exchange: place.exchange, after: sequence };
  // Another replica goes on with it: when this one stops, the client comes back there.
  const signal = AbortSignal.any([left.signal, over, draining]);
  try {
    await remote.ask(place.replica, resumeTopic, JSON.stringify(question), {
      signal,
      onText: async (text) => {
        const at = text.indexOf(" ");
        const event = { sequence: Number(text.slice(0, at)), text: text.slice(at + 1) };
        await events.write(eventText(token, event));
      },
    });
    events.close();
  } catch {
    if (signal.aborted) events.close();
    else lost();
  }
}

function lostEvent(id: RequestId, requestId: string): string {
  return messageEvent(errorText(id, toWireError(exchangeLost(), "legacy", requestId).error));
}

function exchangeLost() {
  return callFaults.fault(
    "exchange_lost",
    "What this request was answered with is not to be had any more: whether it was carried out is not known",
  );
}
