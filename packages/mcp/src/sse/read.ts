/** Reads server-sent events (WHATWG HTML §9.2) from an upstream's answer, within a bound. */
import { createParser } from "eventsource-parser";
import { mcpFaults } from "../faults.ts";

export interface ServerSentEvent {
  /** `message` where the stream names none. */
  readonly event: string;
  /** Empty for an event that carries nothing but an id or a time to wait (2025-11-25, SEP-1699). */
  readonly data: string;
  /**
   * The id to resume from since this event, as the value of a `Last-Event-ID` header. Empty when there is
   * none to resume from any more; undefined when the place has not moved since the event before.
   */
  readonly id: string | undefined;
  /** How long to wait before a reconnection, where the stream has said so since the event before. */
  readonly retryMs: number | undefined;
}

/**
 * Yields events as they arrive and returns when the stream ends.
 * Throws `upstream_too_large` when one event is longer than `maxEventChars`.
 */
export async function* readEvents(
  stream: AsyncIterable<Uint8Array>,
  maxEventChars: number,
): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  let ready: ServerSentEvent[] = [];
  let isTooLarge = false;
  let id: string | undefined;
  let retryMs: number | undefined;
  const push = (event: string, data: string) => {
    ready.push({ event, data, id, retryMs });
    id = retryMs = undefined;
  };
  const parser = createParser({
    // Counts what an unfinished event holds, so neither comments nor empty events can get around it.
    maxBufferSize: maxEventChars,
    // Called ahead of `onEvent`, and for events without data, too.
    onId: (value) => {
      id = toLastEventId(value);
    },
    onRetry: (value) => {
      retryMs = value;
    },
    onEvent: ({ event, data }) => push(event ?? "message", data),
    onError: ({ type }) => {
      isTooLarge ||= type === "max-buffer-size-exceeded";
    },
  });
  let held = "";
  for await (const chunk of stream) {
    const text = decoder.decode(chunk, { stream: true });
    held += text;
    // The parser keeps each piece of an unfinished line, and a stream may come byte by byte.
    if (held.length < maxHeldChars && !text.includes("\n") && !text.includes("\r")) continue;
    parser.feed(held);
    held = "";
    if (id !== undefined || retryMs !== undefined) push("message", "");
    const events = ready;
    ready = [];
    yield* events;
    if (isTooLarge)
      throw mcpFaults.fault(
        "upstream_too_large",
        `The server sent an event of more than ${maxEventChars} characters`,
      );
  }
}

const maxHeldChars = 4096;
const maxIdBytes = 4096;

/** UTF-8, which HTTP reads byte by byte (WHATWG HTML §9.2.5). What cannot be a header cannot be resumed from. */
function toLastEventId(id: string): string {
  if (id.length > maxIdBytes) return "";
  const header = Buffer.from(id, "utf8").toString("latin1");
  return header.length <= maxIdBytes && /^[\t\x20-\x7e\x80-\xff]*$/.test(header) ? header : "";
}
