/** Where an event stream stands, and when to take it up again (2025-11-25, transports, "Resumability"; SEP-1699). */
import type { ServerSentEvent } from "../sse/read.ts";

const defaultRetryMs = 1_000;
const maxRetryMs = 30_000;
/** Streams in a row without anything new on them. */
const maxFruitless = 10;
/** A stream that was open for so long was no failure, whether or not something was said on it. */
const defaultSteadyMs = 10_000;
/** What is waited at least from the second stream in a row that brought no message, doubled each time. */
const backOffMs = 125;

/**
 * The server chooses the pace within bounds: `retry` counts up to half a minute, and a server that
 * closes its streams at once, without a message, is asked less and less often.
 */
export class StreamPlace {
  readonly #maxBackOffMs: number;
  readonly #steadyMs: number;
  #lastEventId = "";
  #retryMs = defaultRetryMs;
  #steady: AbortSignal | undefined;
  #hasNews = true;
  #fruitless = 0;
  #quiet = 0;

  constructor({ maxBackOffMs, steadyMs = defaultSteadyMs }: { maxBackOffMs: number; steadyMs?: number }) {
    this.#maxBackOffMs = maxBackOffMs;
    this.#steadyMs = steadyMs;
  }

  /** Whether the server gave a place to resume from. */
  get isKnown(): boolean {
    return this.#lastEventId !== "";
  }

  get headers(): Record<string, string> {
    return this.isKnown ? { "last-event-id": this.#lastEventId } : {};
  }

  /** Whether the stream in hand has been open for long enough to be more than another try. */
  get isSteady(): boolean {
    return this.#steady?.aborted ?? false;
  }

  /** A stream was opened, or opened again. */
  opened(): void {
    this.#steady = AbortSignal.timeout(this.#steadyMs);
  }

  /** Takes down what an event says of the place. An event that moves it is news, but no message. */
  note({ id, retryMs, event, data }: ServerSentEvent): void {
    if (retryMs !== undefined) this.#retryMs = Math.min(retryMs, maxRetryMs);
    if (id !== undefined && id !== this.#lastEventId) {
      this.#lastEventId = id;
      this.#hasNews = true;
    }
    if (event !== "message" || data === "") return;
    this.#hasNews = true;
    this.#quiet = Math.min(this.#quiet, 1);
  }

  /** Whether so many streams in a row brought nothing new that another one will not either. */
  get isHopeless(): boolean {
    return this.#fruitless >= maxFruitless;
  }

  /** The stream is over, or could not be had. Milliseconds to wait before it is opened again. */
  next(): number {
    if (this.isSteady) {
      this.#hasNews = true;
      this.#quiet = Math.min(this.#quiet, 1);
    }
    this.#fruitless = this.#hasNews ? 0 : this.#fruitless + 1;
    this.#hasNews = false;
    this.#steady = undefined;
    const atLeastMs =
      this.#quiet === 0 ? 0 : Math.min(backOffMs * 2 ** (this.#quiet - 1), this.#maxBackOffMs);
    this.#quiet++;
    return Math.max(this.#retryMs, atLeastMs);
  }
}
