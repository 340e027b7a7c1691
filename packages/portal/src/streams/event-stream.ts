/**
 * One answer that is an event stream, sent at the pace of the client that reads it. What it has not read
 * waits here, in pieces, so that a client that reads slowly shows as one that reads.
 */
import { kernelFaults } from "@castellan/kernel";
import { eventStreamHeaders, keepAliveComment, keepAliveMs } from "@castellan/mcp";

export interface EventStreamOptions {
  /** The client left, or has read nothing for `stallMs` of what waits for it. Not called after `close`. */
  readonly onGone?: (reason: "gone" | "slow") => void;
  /** Called once, however the stream ended. */
  readonly onOver?: () => void;
  /** Default 60,000. */
  readonly stallMs?: number | undefined;
}

/** A writer is asked to wait while more than this waits to be read, bytes. */
const roomyBytes = 1024 * 1024;

/** Who writes on without waiting is cut off here, bytes. One message may be larger. */
const maxWaitingBytes = 16 * roomyBytes;

/** What a waiting text costs beside its bytes: a flood of small ones would take several times the limit. */
const textCostBytes = 512;

const pieceBytes = 64 * 1024;
const defaultStallMs = 60_000;
const encoder = new TextEncoder();

export class EventStream {
  readonly response: Response;
  readonly #options: EventStreamOptions;
  readonly #keepAlive: NodeJS.Timeout;
  #sink: ReadableStreamDefaultController<Uint8Array> | undefined;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  /** The client waits for more: what is written goes out at once. */
  #isWanted = false;
  #state: "open" | "closing" | "over" = "open";
  #room: PromiseWithResolvers<boolean> | undefined;
  #stall: NodeJS.Timeout | undefined;

  constructor(options: EventStreamOptions = {}) {
    this.#options = options;
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#sink = controller;
        },
        pull: () => {
          this.#isWanted = true;
          this.#stall?.refresh();
          this.#flush();
        },
        cancel: () => this.#leave("gone"),
      },
      // The queue is ours: a stream's own does not tell when a part of it was read.
      { highWaterMark: 0 },
    );
    this.response = new Response(body, { status: 200, headers: eventStreamHeaders });
    this.#keepAlive = setInterval(() => this.write(keepAliveComment), keepAliveMs);
    // A comment first: some clients and proxies take headers for sent only when a byte follows.
    this.write(": open\n\n");
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  /**
   * Sends the text of whole events. False when the client cannot be reached; a promise where it is to
   * read first what it was sent before, and then true.
   */
  write(text: string): boolean | Promise<boolean> {
    if (this.#state === "open" && this.#waitingBytes > maxWaitingBytes) this.#leave("slow");
    if (this.#state !== "open") return false;
    this.#enqueue(text);
    this.#flush();
    if (this.#waitingBytes <= roomyBytes) return true;
    this.#room ??= Promise.withResolvers<boolean>();
    return this.#room.promise;
  }

  /** Ends it, with these last events; what waits is still sent. */
  close(text?: string): void {
    if (this.#state !== "open") return;
    if (text !== undefined) this.#enqueue(text);
    this.#state = "closing";
    clearInterval(this.#keepAlive);
    this.#flush();
  }

  #enqueue(text: string): void {
    const bytes = encoder.encode(text);
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.byteLength + textCostBytes;
  }

  #flush(): void {
    if (this.#isWanted && this.#waiting.length > 0) {
      this.#isWanted = false;
      this.#sink?.enqueue(this.#takePiece());
    }
    if (this.#waitingBytes <= roomyBytes) this.#makeRoom(true);
    if (this.#waiting.length > 0) {
      this.#stall ??= setTimeout(() => this.#leave("slow"), this.#options.stallMs ?? defaultStallMs);
      return;
    }
    clearTimeout(this.#stall);
    this.#stall = undefined;
    if (this.#state !== "closing") return;
    this.#state = "over";
    this.#sink?.close();
    this.#options.onOver?.();
  }

  /** As many whole texts as make a piece, or a piece of one that is larger. */
  #takePiece(): Uint8Array {
    const [first = new Uint8Array()] = this.#waiting;
    if (first.byteLength > pieceBytes) {
      this.#waiting[0] = first.subarray(pieceBytes);
      this.#waitingBytes -= pieceBytes;
      return first.subarray(0, pieceBytes);
    }
    let [count, size] = [0, 0];
    for (const { byteLength } of this.#waiting) {
      if (count > 0 && size + byteLength > pieceBytes) break;
      count++;
      size += byteLength;
    }
    this.#waitingBytes -= size + count * textCostBytes;
    const taken = this.#waiting.splice(0, count);
    return count === 1 ? first : Buffer.concat(taken, size);
  }

  #makeRoom(isReached: boolean): void {
    this.#room?.resolve(isReached);
    this.#room = undefined;
  }

  #leave(reason: "gone" | "slow"): void {
    if (this.#state === "over") return;
    const wasOpen = this.#state === "open";
    this.#state = "over";
    clearInterval(this.#keepAlive);
    clearTimeout(this.#stall);
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (reason === "slow") this.#sink?.error(tooSlow());
    this.#makeRoom(false);
    if (wasOpen) this.#options.onGone?.(reason);
    this.#options.onOver?.();
  }
}

/** The caller's own doing, so it is no failure of this house. */
function tooSlow(): Error {
  return kernelFaults.fault("cancelled", "The client reads too slowly");
}
