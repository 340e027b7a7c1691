/** The answer to a request in an event stream, which is taken up again where it broke off (SEP-1699). */
import { isFault, type Fault } from "@castellan/kernel";
import { mcpFaults } from "../faults.ts";
import type { Message, RequestId, ResponseMessage } from "../jsonrpc/message.ts";
import { readEvents } from "../sse/read.ts";
import { chunksOf } from "./body.ts";
import { handOn, type OnMessage } from "./hand-on.ts";
import type { OpenQuestions } from "./open-questions.ts";
import { isLater, isUnauthorized, refusalFault } from "./refusal.ts";
import { cut, discard, isEventStream, type Body, type Reply } from "./reply.ts";
import type { Silence } from "./silence.ts";
import { StreamPlace } from "./stream-place.ts";
import { parseUpstream, pause, toUpstreamFault } from "./upstream-fault.ts";

/** Opens a stream again, with the headers that say from where. */
export type Resume = (headers: Record<string, string>, signal: AbortSignal) => Promise<Reply>;

export interface AnswerOptions {
  readonly id: RequestId;
  readonly maxEventChars: number;
  readonly silence: Silence;
  readonly signal: AbortSignal;
  readonly onMessage?: OnMessage | undefined;
  readonly questions?: OpenQuestions | undefined;
  /** Without it, a stream that ends before the answer is a request that is lost (2026-07-28). */
  readonly resume?: Resume | undefined;
}

/** Longest pause that we add to the server's own between two tries without a message. */
const maxBackOffMs = 5_000;

/**
 * Reads up to the answer. A server may close the stream and have us come back for the rest, as long as it
 * gave an event with an id; a connection that breaks is treated alike. Tries that bring nothing new are
 * counted, and only messages, or bytes on a stream that stays open, end the silence: closing streams
 * over and over keeps nobody waiting for longer than `silence` allows.
 */
export async function answerInStream(body: Body, options: AnswerOptions): Promise<ResponseMessage> {
  const place = new StreamPlace({ maxBackOffMs });
  let answer = await answerIn(body, place, options, true);
  while (isFault(answer)) {
    const again = await reopen(place, answer, options);
    answer = await answerIn(again, place, options, false);
  }
  return answer;
}

/** A message that answers the request, or `upstream_invalid`. */
export function asAnswer(message: Message, id: RequestId): ResponseMessage {
  if (message.kind === "error" && (message.id === null || message.id === id)) return message;
  if (message.kind === "result" && message.id === id) return message;
  throw mcpFaults.fault("upstream_invalid", "The server's answer is to another request than the one sent");
}

/** One stream: the answer, or why there is none in it. The server ends it; then its connection serves the next call. */
async function answerIn(
  body: Body,
  place: StreamPlace,
  options: AnswerOptions,
  isFirst: boolean,
): Promise<ResponseMessage | Fault> {
  const { id, maxEventChars, silence, signal, onMessage, questions } = options;
  let broken: Fault | undefined;
  let answer: ResponseMessage | undefined;
  const chunks = chunksOf(body, {
    silence,
    signal,
    counts: () => isFirst || place.isSteady,
    onBreak: (fault) => {
      broken = fault;
    },
  });
  try {
    for await (const event of readEvents(chunks, maxEventChars)) {
      place.note(event);
      if (event.event !== "message" || event.data === "") continue;
      silence.heard();
      const message = parseUpstream(event.data);
      if (message.kind === "result" || message.kind === "error") {
        answer = asAnswer(message, id);
        break;
      }
      questions?.note(message, silence);
      const taken = handOn(message, onMessage, { silence, signal });
      if (taken) await taken;
    }
  } catch (error) {
    cut(body);
    throw error;
  }
  if (answer) {
    void discard(body, Number.MAX_SAFE_INTEGER);
    return answer;
  }
  return broken ?? mcpFaults.fault("upstream_unreachable", "The server closed the stream before it answered");
}

/** The rest of the stream. Throws `lost`, why it is wanted, when there is none to be had. */
async function reopen(place: StreamPlace, lost: Fault, options: AnswerOptions): Promise<Body> {
  const { resume, silence } = options;
  if (!resume || !place.isKnown) throw lost;
  const signal = AbortSignal.any([options.signal, silence.signal]);
  for (;;) {
    const waitMs = place.next();
    if (place.isHopeless) throw lost;
    await pause(waitMs, signal);
    const reply = await attempt(() => resume(place.headers, signal), signal);
    if (!reply) continue;
    if (isEventStream(reply)) {
      place.opened();
      return reply.body;
    }
    cut(reply.body);
    if (isUnauthorized(reply.statusCode)) throw refusalFault(reply.statusCode);
    if (!isLater(reply.statusCode)) throw lost;
  }
}

/** The reply, or undefined when the server could not be reached for now. */
async function attempt(open: () => Promise<Reply>, signal: AbortSignal): Promise<Reply | undefined> {
  try {
    return await open();
  } catch (error) {
    const fault = toUpstreamFault(error, signal);
    if (fault.code !== "upstream_unreachable" || signal.aborted) throw fault;
    return undefined;
  }
}
