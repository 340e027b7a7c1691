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
 * Throws `upstream_too_large` when one event is longer than `maxEventBytes`.
 */
export async function* readEvents(
  stream: AsyncIterable<Uint8Array>,
  maxEventBytes: number,
): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  let ready: ServerSentEvent[] = [];
  let pendingBytes = 0;
  const parser = createParser({
    onEvent: ({ event, data }) => {
      pendingBytes = 0;
      ready.push({ event: event ?? "message", data });
    },
    // A keep-alive shows that what came before it is complete.
    onComment: () => {
      pendingBytes = 0;
    },
  });
  for await (const chunk of stream) {
    pendingBytes += chunk.byteLength;
    parser.feed(decoder.decode(chunk, { stream: true }));
    if (pendingBytes > maxEventBytes)
      throw mcpFaults.fault(
        "upstream_too_large",
        `The server sent an event of more than ${maxEventBytes} bytes`,
      );
    const events = ready;
    ready = [];
    yield* events;
  }
}
