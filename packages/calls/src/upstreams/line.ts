/**
 * One session with a legacy server that serves one call at a time, so that whatever the server says or
 * asks on it, in whatever stream, belongs to that call.
 */
import { setTimeout } from "node:timers/promises";
import {
  errorText,
  resultText,
  rpcCodes,
  type Channel,
  type LogLevel,
  type Message,
  type OnMessage,
  type RequestMessage,
} from "@castellan/mcp";

export interface LineOptions {
  readonly channel: Channel;
  /** Whether the server may ask the client anything, and so needs the GET stream to do it on. */
  readonly mayAsk: boolean;
}

/** How long a new line waits for its GET stream: a server may keep the head of it back until it speaks. */
const streamHeadMs = 250;
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;

export class Line implements AsyncDisposable {
  readonly channel: Channel;
  readonly #closing = new AbortController();
  #hearer: OnMessage | undefined;
  #level: LogLevel | undefined;
  #isClean = true;

  private constructor(channel: Channel) {
    this.channel = channel;
  }

  /** A line on an open channel. Where the server may ask, its GET stream is open as well if it has one. */
  static async open({ channel, mayAsk }: LineOptions): Promise<Line> {
    const line = new Line(channel);
    if (mayAsk) await line.#listen();
    return line;
  }

  /** Whether another call can be made on it. */
  get isUsable(): boolean {
    return this.channel.isOpen && this.#isClean && !this.#closing.signal.aborted;
  }

  /** From now on the call hears what the server says outside of the call's own stream. */
  hear(hearer: OnMessage): void {
    this.#hearer = hearer;
  }

  /** The call is over. What the server says from now on nobody asked for. */
  rest(): void {
    this.#hearer = undefined;
  }

  /**
   * Tells the server what to log, unless it knows or does not log at all. A server that refuses goes on
   * with what it has: what the caller does not want is not passed on anyway.
   */
  async setLogLevel(level: LogLevel, signal: AbortSignal): Promise<void> {
    if (level === this.#level || this.channel.hello.capabilities["logging"] === undefined) return;
    this.#level = level;
    try {
      const params = JSON.stringify({ level });
      await this.channel.request({ method: "logging/setLevel", params, signal });
    } catch {
      this.#level = undefined;
    }
  }

  /** The server forgot the session, and another one has begun: it is told again what it was told. */
  async restore(request: Channel["request"]): Promise<void> {
    if (this.#level === undefined) return;
    const params = JSON.stringify({ level: this.#level });
    await request({ method: "logging/setLevel", params, signal: this.#closing.signal });
  }

  /** Answers a question of the server in the client's place. Never fails: a line that broke is found out by its call. */
  async reply({ id }: Pick<RequestMessage, "id">, answer: Reply): Promise<void> {
    const text = "result" in answer ? resultText(id, answer.result) : errorText(id, answer.error);
    await this.channel.send(text).catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.channel[Symbol.asyncDispose]();
  }

  /** Resolves when the GET stream is open, when there is none, or after a while. */
  async #listen(): Promise<void> {
    if (!this.channel.listen) return;
    const { promise: isOpen, resolve } = Promise.withResolvers<void>();
    void this.#keepListening(resolve).finally(resolve);
    const patience = new AbortController();
    await Promise.race([isOpen, setTimeout(streamHeadMs, undefined, { signal: patience.signal })]);
    patience.abort();
  }

  /** A server that fails to open a stream is asked less and less often; a call does not fail for it. */
  async #keepListening(onOpen: () => void): Promise<void> {
    const { signal } = this.#closing;
    let pauseMs = firstPauseMs;
    const opened = () => {
      pauseMs = firstPauseMs;
      onOpen();
    };
    while (!signal.aborted && this.channel.isOpen) {
      try {
        await this.channel.listen?.({
          signal,
          onMessage: (message) => this.#heard(message),
          onOpen: opened,
        });
        return;
      } catch {
        onOpen();
      }
      await setTimeout(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    }
  }

  #heard(message: Message): void | Promise<void> {
    if (this.#hearer) return this.#hearer(message);
    if (message.kind !== "request") return undefined;
    if (message.method === "ping") return this.reply(message, { result: "{}" });
    // A question after its call's answer would pass for one of the next call.
    this.#isClean = false;
    return this.reply(message, { error: nobodyThere });
  }
}

/** Raw JSON of a result or of an error object. */
export type Reply = { readonly result: string } | { readonly error: string };

const nobodyThere = JSON.stringify({ code: rpcCodes.serverError, message: "No call is under way" });
