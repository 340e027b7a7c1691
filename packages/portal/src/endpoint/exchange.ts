/**
 * One HTTP answer to one message: plain JSON when the answer comes at once and alone, else an event
 * stream, begun with the first message ahead of the answer or when the wait grows long.
 */
import { kernelFaults } from "@castellan/kernel";
import { eventStreamHeaders, keepAliveComment, keepAliveMs, messageEvent } from "@castellan/mcp";

export interface ExchangeOptions {
  /** Whether the client accepts an event stream. */
  readonly acceptsStream: boolean;
  /** Called when the client is gone or too slow to read what it is sent. */
  readonly onGone: (reason: "gone" | "slow") => void;
}

/** What may wait to be read by a client before it counts as too slow, bytes. */
const maxWaitingBytes = 16 * 1024 * 1024;

/** What a waiting message costs beside its bytes: a flood of small ones would take several times the limit. */
const messageCostBytes = 512;

const encoder = new TextEncoder();

export class Exchange {
  readonly response: Promise<Response>;
  readonly #respond: (response: Response) => void;
  readonly #options: ExchangeOptions;
  #keepAlive: NodeJS.Timeout | undefined;
  #stream: ReadableStreamDefaultController<Uint8Array> | undefined;
  #isEnded = false;

  constructor(options: ExchangeOptions) {
    const { promise, resolve } = Promise.withResolvers<Response>();
    this.response = promise;
    this.#respond = resolve;
    this.#options = options;
    if (options.acceptsStream)
      this.#keepAlive = setInterval(() => this.#write(keepAliveComment), keepAliveMs);
  }

  /** Sends a message ahead of the answer; false when the client is gone, or cannot take a stream. */
  relay(text: string): boolean {
    if (this.#isEnded || !this.#options.acceptsStream) return false;
    this.#write(messageEvent(text));
    return !this.#isEnded;
  }

  /** Begins the stream now, so that its headers leave before there is anything to say. */
  open(): void {
    this.#write("");
  }

  /** Sends the answer. Where a stream has begun it is the last event, and status and headers are spent. */
  finish(status: number, text: string | undefined, headers: Readonly<Record<string, string>> = {}): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearInterval(this.#keepAlive);
    if (this.#stream) {
      if (text !== undefined) this.#stream.enqueue(encoder.encode(messageEvent(text)));
      this.#stream.close();
      return;
    }
    const type: Record<string, string> = text === undefined ? {} : { "content-type": "application/json" };
    this.#respond(new Response(text ?? null, { status, headers: { ...type, ...headers } }));
  }

  #write(text: string): void {
    if (this.#isEnded) return;
    this.#stream ??= this.#begin();
    if (text !== "") this.#stream.enqueue(encoder.encode(text));
    if ((this.#stream.desiredSize ?? 0) < 0) this.#leave("slow");
  }

  #begin(): ReadableStreamDefaultController<Uint8Array> {
    let begun: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          begun = controller;
        },
        cancel: () => this.#leave("gone"),
      },
      { highWaterMark: maxWaitingBytes, size: ({ byteLength }) => byteLength + messageCostBytes },
    );
    if (!begun) throw new TypeError("a stream starts as it is made");
    // A comment first: some clients and proxies take headers for sent only when a byte follows.
    begun.enqueue(encoder.encode(": open\n\n"));
    this.#respond(new Response(body, { status: 200, headers: eventStreamHeaders }));
    return begun;
  }

  #leave(reason: "gone" | "slow"): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearInterval(this.#keepAlive);
    if (reason === "slow") this.#stream?.error(tooSlow());
    this.#options.onGone(reason);
  }
}

/** The caller's own doing, so it is no failure of this house. */
function tooSlow(): Error {
  return kernelFaults.fault("cancelled", "The client reads too slowly");
}
