/** The GET stream of Streamable HTTP: what a server says of its own accord (2025-11-25, transports). */
import { isFault, type Fault } from "@castellan/kernel";
import { readEvents } from "../sse/read.ts";
import { chunksOf } from "./body.ts";
import type { ListenEnd, ListenOptions } from "./channel.ts";
import { handOn } from "./hand-on.ts";
import type { OpenQuestions } from "./open-questions.ts";
import { isLater, refusalFault } from "./refusal.ts";
import { cut, isEventStream, type Body, type Reply } from "./reply.ts";
import { Silence } from "./silence.ts";
import { StreamPlace } from "./stream-place.ts";
import { parseUpstream, pause } from "./upstream-fault.ts";

export interface GetStream extends ListenOptions {
  readonly maxEventChars: number;
  readonly questions: OpenQuestions;
  /** Asks for the stream. */
  get(headers: Record<string, string>, signal: AbortSignal): Promise<Reply>;
  /** Says what a refusal means that is neither 405 nor one that passes; its body is still to be read. */
  judge(reply: Reply): Promise<ListenEnd>;
}

/** Longest pause between two tries of a server that closes the stream at once, again and again. */
const maxBackOffMs = 60_000;

/**
 * Listens until the signal aborts, taking the stream up where it broke off. A server that closes it at once,
 * again and again, is asked once a minute in the end; one that cannot be reached is given up.
 * Throws what `get`, `judge` and `onMessage` throw.
 */
export async function listenTo(stream: GetStream): Promise<ListenEnd> {
  const { signal } = stream;
  const place = new StreamPlace({ maxBackOffMs });
  for (;;) {
    const outcome = await once(stream, place);
    if (typeof outcome === "string") return outcome;
    const waitMs = place.next();
    if (outcome && place.isHopeless) throw outcome;
    await pause(waitMs, signal);
  }
}

/** One stream from its beginning to its end. Returns what it failed with if that passes, nothing if it just ended. */
async function once(stream: GetStream, place: StreamPlace): Promise<ListenEnd | Fault | undefined> {
  const { judge, onOpen } = stream;
  const isResumed = place.isKnown;
  const reply = await attempt(stream, place);
  if (isFault(reply)) return reply;
  if (isEventStream(reply)) {
    place.opened();
    onOpen?.({ isResumed });
    return await hear(reply.body, stream, place);
  }
  if (isLater(reply.statusCode)) {
    cut(reply.body);
    return refusalFault(reply.statusCode);
  }
  return await judge(reply);
}

async function hear(body: Body, stream: GetStream, place: StreamPlace): Promise<Fault | undefined> {
  const { signal, maxEventChars, onMessage, questions } = stream;
  // A server that has nothing to say may be silent for as long as it likes.
  using silence = new Silence(0);
  let broken: Fault | undefined;
  const onBreak = (fault: Fault) => {
    broken = fault;
  };
  try {
    for await (const event of readEvents(chunksOf(body, { silence, signal, onBreak }), maxEventChars)) {
      place.note(event);
      if (event.event !== "message" || event.data === "") continue;
      const message = parseUpstream(event.data);
      // An answer here belongs to a request that nobody waits for any more.
      if (message.kind === "result" || message.kind === "error") continue;
      questions.note(message);
      const taken = handOn(message, onMessage, { signal });
      if (taken) await taken;
    }
    return broken;
  } catch (error) {
    cut(body);
    throw error;
  }
}

async function attempt({ get, signal }: GetStream, place: StreamPlace): Promise<Reply | Fault> {
  try {
    return await get(place.headers, signal);
  } catch (error) {
    if (isFault(error, "upstream_unreachable") && !signal.aborted) return error;
    throw error;
  }
}
