/**
 * The stream of one legacy call, which its client may leave and take up again (2025-11-25, transports,
 * "Resumability and Redelivery"; SEP-1699). What was sent is kept within a bound: nobody can tell how
 * much of it arrived.
 */

export interface StreamEvent {
  /** From 1. */
  readonly sequence: number;
  readonly text: string;
}

/** Where the events go at the moment. */
export interface EventReader {
  /** As `EventStream.write`. */
  take(event: StreamEvent): boolean | Promise<boolean>;
  /** The last event was taken, or another reader takes over. */
  end(): void;
}

export interface ResumableStreamOptions {
  readonly sessionId: string;
  readonly principalId: string;
  /** What the ids of its events begin with. */
  readonly token: string;
  /** What is kept, bytes. */
  readonly maxBytes: number;
  /** How long it is kept for a client that left, milliseconds. */
  readonly keepMs: number;
  /** The same where the client was there to the end, and may not have got all of it. */
  readonly lingerMs: number;
  /** Told of each change of what is kept. */
  readonly onKept: (bytes: number) => void;
  /** Monotonic. */
  readonly nowMs: () => number;
}

/** What an event costs beside its text. */
const eventCostBytes = 200;

export class ResumableStream {
  readonly sessionId: string;
  readonly principalId: string;
  readonly token: string;
  readonly #options: ResumableStreamOptions;
  readonly #events: StreamEvent[] = [];
  #bytes = 0;
  #lastSequence = 0;
  #reader: EventReader | undefined;
  /** The last event that a reader was handed. */
  #handed = 0;
  #state: "open" | "ended" | "lost" = "open";
  #expiresAtMs: number | undefined;

  constructor(options: ResumableStreamOptions) {
    this.sessionId = options.sessionId;
    this.principalId = options.principalId;
    this.token = options.token;
    this.#options = options;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isEnded(): boolean {
    return this.#state !== "open";
  }

  /** When nobody needs it any more (monotonic); undefined while its client reads what is still to come. */
  get expiresAtMs(): number | undefined {
    return this.#expiresAtMs;
  }

  /** A message ahead of the answer. A client that left may come back for it: false only once that is past. */
  send(text: string): boolean | Promise<boolean> {
    return this.#state === "open" ? this.#append(text) : false;
  }

  /** The answer. */
  end(text: string | undefined): void {
    if (this.#state !== "open") return;
    if (text !== undefined) void this.#append(text);
    // Too long to be kept for somebody who is not there.
    if (this.isEnded) return;
    this.#state = "ended";
    if (this.#reader) this.#expireIn(this.#options.lingerMs);
    this.#reader?.end();
  }

  /** Goes on with the event after this one, in place of any other reader. False when that is not there any more. */
  resume(reader: EventReader, after: number): boolean {
    const first = this.#events[0]?.sequence ?? this.#lastSequence + 1;
    if (this.#state === "lost" || after > this.#lastSequence || after + 1 < first) return false;
    const before = this.#reader;
    this.#reader = reader;
    before?.end();
    this.#expiresAtMs = undefined;
    for (const event of this.#events) if (event.sequence > after) void reader.take(event);
    this.#handed = this.#lastSequence;
    if (this.#state !== "ended") return true;
    this.#expireIn(this.#options.lingerMs);
    reader.end();
    return true;
  }

  /** The client left this reader. */
  leave(reader: EventReader): void {
    if (this.#reader !== reader) return;
    this.#reader = undefined;
    this.#expireIn(this.#options.keepMs);
  }

  /** Keeps nothing of what was: who comes back for it is told that the exchange is lost. */
  forget(): void {
    if (this.isEnded || !this.#reader) this.#state = "lost";
    this.#events.length = 0;
    this.#count(-this.#bytes);
  }

  #append(text: string): boolean | Promise<boolean> {
    const event = { sequence: ++this.#lastSequence, text };
    this.#events.push(event);
    this.#count(costOf(event));
    this.#trim();
    if (!this.#reader) return !this.isEnded;
    this.#handed = event.sequence;
    return this.#reader.take(event);
  }

  /** What a reader was handed may go. Where that is not enough, the rest is worth nothing in parts. */
  #trim(): void {
    while (this.#bytes > this.#options.maxBytes) {
      const [oldest] = this.#events;
      if (!oldest) return;
      if (!this.#reader && oldest.sequence > this.#handed) return this.forget();
      this.#events.shift();
      this.#count(-costOf(oldest));
    }
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    if (bytes !== 0) this.#options.onKept(bytes);
  }

  #expireIn(ms: number): void {
    this.#expiresAtMs = this.#options.nowMs() + ms;
  }
}

function costOf({ text }: StreamEvent): number {
  return Buffer.byteLength(text) + eventCostBytes;
}
