/**
 * One HTTP answer to one message: plain JSON when the answer comes at once and alone, else an event
 * stream, begun with the first message ahead of the answer or when the wait grows long.
 */
import { keepAliveMs, messageEvent } from "@castellan/mcp";
import { EventStream } from "../streams/event-stream.ts";
import { firstReader } from "../streams/event-readers.ts";
import type { ResumableStream } from "../streams/resumable-stream.ts";

export interface ExchangeOptions {
  /** Whether the client accepts an event stream. */
  readonly acceptsStream: boolean;
  /** Called when the client is gone or too slow to read what it is sent. */
  readonly onGone: (reason: "gone" | "slow") => void;
  /** Asked as a stream begins: the one that the client may take up again, where it may. */
  readonly resumable?: () => ResumableStream | undefined;
  readonly stallMs?: number | undefined;
}

/** What the messages of one answer go into once it is a stream. */
interface MessageStream {
  send(text: string): boolean | Promise<boolean>;
  end(text: string | undefined): void;
}

export class Exchange {
  readonly response: Promise<Response>;
  readonly #respond: (response: Response) => void;
  readonly #options: ExchangeOptions;
  readonly #patience: NodeJS.Timeout | undefined;
  #stream: MessageStream | undefined;
  #isEnded = false;

  constructor(options: ExchangeOptions) {
    const { promise, resolve } = Promise.withResolvers<Response>();
    this.response = promise;
    this.#respond = resolve;
    this.#options = options;
    // The stream's own comments keep it alive from then on.
    if (options.acceptsStream)
      this.#patience = setTimeout(() => (this.#stream ??= this.#begin()), keepAliveMs);
  }

  /**
   * Sends a message ahead of the answer; false when the client is gone, or cannot take a stream. A promise
   * waits until the client has read what it was sent before.
   */
  relay(text: string): boolean | Promise<boolean> {
    if (this.#isEnded || !this.#options.acceptsStream) return false;
    this.#stream ??= this.#begin();
    return this.#stream.send(text);
  }

  /** Sends the answer. Where a stream has begun it is the last event, and status and headers are spent. */
  finish(status: number, text: string | undefined, headers: Readonly<Record<string, string>> = {}): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearTimeout(this.#patience);
    if (this.#stream) return this.#stream.end(text);
    const type: Record<string, string> = text === undefined ? {} : { "content-type": "application/json" };
    this.#respond(new Response(text ?? null, { status, headers: { ...type, ...headers } }));
  }

  #begin(): MessageStream {
    clearTimeout(this.#patience);
    const { onGone, stallMs } = this.#options;
    const resumable = this.#options.resumable?.();
    const events = new EventStream({
      stallMs,
      onGone(reason) {
        if (reader) resumable?.leave(reader);
        onGone(reason);
      },
    });
    const reader = resumable && firstReader(events, resumable);
    this.#respond(events.response);
    return resumable ?? plain(events);
  }
}

function plain(events: EventStream): MessageStream {
  return {
    send: (text) => events.write(messageEvent(text)),
    end: (text) => events.close(text === undefined ? undefined : messageEvent(text)),
  };
}
