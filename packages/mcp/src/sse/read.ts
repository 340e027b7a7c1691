/** Reads server-sent events (WHATWG HTML §9.2) from an upstream's answer, within a bound. */
import { createParser } from "eventsource-parser";
import { mcpFaults } from "../faults.ts";

export interface ServerSentEvent {
  /** `message` where the stream names none. */
  readonly event: string;
  readonly data: string;
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
  const parser = createParser({
    // Counts what an unfinished event holds, so neither comments nor empty events can get around it.
    maxBufferSize: maxEventChars,
    onEvent: ({ event, data }) => ready.push({ event: event ?? "message", data }),
    onError: ({ type }) => {
      isTooLarge ||= type === "max-buffer-size-exceeded";
    },
  });
  for await (const chunk of stream) {
    parser.feed(decoder.decode(chunk, { stream: true }));
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
