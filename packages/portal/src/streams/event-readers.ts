/** How the events of a resumable stream reach a client that is here, with their ids. */
import { messageEvent } from "@castellan/mcp";
import type { EventStream } from "./event-stream.ts";
import type { EventReader, ResumableStream, StreamEvent } from "./resumable-stream.ts";

/** The reader of the client that made the request; its stream begins with a place to come back to (SEP-1699). */
export function firstReader(events: EventStream, stream: ResumableStream): EventReader {
  void events.write(`id: ${stream.token}-0\ndata: \n\n`);
  const reader = readerOf(events, stream.token);
  stream.resume(reader, 0);
  return reader;
}

export function readerOf(events: EventStream, token: string): EventReader {
  return {
    take: (event) => events.write(eventText(token, event)),
    end: () => events.close(),
  };
}

export function eventText(token: string, { sequence, text }: StreamEvent): string {
  return `id: ${token}-${sequence}\n${messageEvent(text)}`;
}
