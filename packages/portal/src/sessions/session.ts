/** The session of one legacy client at one portal: its lines to servers and its streams. */
import type { CallerSession, CatalogServer, Upstreams } from "@castellan/calls";
import { createId, kernelFaults, type Clock, type Fault, type Id } from "@castellan/kernel";
import {
  abortable,
  mcpFaults,
  type Channel,
  type LegacyClient,
  type NotificationMessage,
  type RequestId,
  type RequestMessage,
  type ResponseMessage,
} from "@castellan/mcp";
import { Questions } from "./questions.ts";

export interface SessionOptions {
  readonly principalId: string;
  readonly portal: string;
  readonly client: LegacyClient;
  readonly clientName: string | undefined;
  readonly clientVersion: string | undefined;
  readonly upstreams: Upstreams;
  readonly clock: Clock;
}

/** Time to open a line to a server, milliseconds. */
const openTimeoutMs = 30_000;

interface Line {
  readonly to: CatalogServer;
  readonly channel: Promise<Channel>;
}

export class Session implements CallerSession {
  readonly id: Id<"session"> = createId("session");
  readonly principalId: string;
  readonly portal: string;
  readonly client: LegacyClient;
  readonly clientName: string | undefined;
  readonly clientVersion: string | undefined;
  readonly #upstreams: Upstreams;
  readonly #clock: Clock;
  readonly #lines = new Map<string, Line>();
  readonly #underWay = new Map<RequestId, AbortController>();
  readonly #questions = new Questions();
  readonly #streams = new Set<(text: string) => void>();
  readonly #closing = new AbortController();
  #lastUsedMs: number;
  #logLevelParams: string | undefined;

  constructor(options: SessionOptions) {
    this.principalId = options.principalId;
    this.portal = options.portal;
    this.client = options.client;
    this.clientName = options.clientName;
    this.clientVersion = options.clientVersion;
    this.#upstreams = options.upstreams;
    this.#clock = options.clock;
    this.#lastUsedMs = options.clock.monotonic();
  }

  /** Aborts when the session ends. */
  get ended(): AbortSignal {
    return this.#closing.signal;
  }

  /** A session with a stream or a request under way is in use however long ago it last was asked. */
  get isBusy(): boolean {
    return this.#streams.size > 0 || this.#underWay.size > 0;
  }

  /** When it was last in use (monotonic). */
  get lastUsedMs(): number {
    return this.isBusy ? this.#clock.monotonic() : this.#lastUsedMs;
  }

  touch(): void {
    this.#lastUsedMs = this.#clock.monotonic();
  }

  async channel(server: CatalogServer, signal: AbortSignal): Promise<Channel> {
    const known = this.#lines.get(server.server.id);
    if (known && isSameAddress(known.to, server)) {
      const channel = await abortable(orUndefined(known.channel), signal);
      if (channel?.isOpen) return channel;
    }
    // Somebody else may have found the same line broken, and opened another meanwhile.
    const raced = this.#lines.get(server.server.id);
    const line = raced && raced !== known ? raced : this.#openLine(server, known);
    return abortable(line.channel, signal);
  }

  begin(id: RequestId, cancel: AbortController): Disposable {
    if (this.#underWay.has(id))
      throw mcpFaults.fault("request_id_in_use", "A request with this id is still under way in the session", {
        field: "id",
      });
    this.#underWay.set(id, cancel);
    return {
      [Symbol.dispose]: () => {
        this.#underWay.delete(id);
        this.touch();
      },
    };
  }

  /** The client gave a request up (`notifications/cancelled`). */
  cancel(id: unknown): void {
    const known = typeof id === "string" || typeof id === "number" ? this.#underWay.get(id) : undefined;
    known?.abort(kernelFaults.fault("cancelled", "The client cancelled the request"));
  }

  ask(question: RequestMessage, channel: Channel): string {
    return this.#questions.ask(question, channel);
  }

  withdraw(cancelled: NotificationMessage, channel: Channel): string | undefined {
    return this.#questions.withdraw(cancelled, channel);
  }

  /** The client answered a question: to the server that asked, under the id it asked with. */
  reply(response: ResponseMessage): Promise<void> {
    return this.#questions.reply(response);
  }

  /** The client works on a question's answer: told to the server that asked, and to no other. */
  async progress(notification: NotificationMessage): Promise<void> {
    await this.#questions.askerOf(notification.params?.["progressToken"])?.send(notification.text);
  }

  /** Passes a notification of the client to every server that the session has a line to. */
  async broadcast(text: string): Promise<void> {
    await Promise.allSettled(
      [...this.#lines.values()].map(async ({ channel }) => (await channel).send(text)),
    );
  }

  /** Sets the log level everywhere, now and on lines to come (`logging/setLevel`). */
  async setLogLevel(paramsText: string, signal: AbortSignal): Promise<void> {
    this.#logLevelParams = paramsText;
    const lines = [...this.#lines.values()];
    await Promise.allSettled(lines.map(async ({ channel }) => this.#tellLogLevel(await channel, signal)));
  }

  /** Opens a stream for what is said outside of requests; returns how to close it. */
  attach(stream: (text: string) => void): Disposable {
    this.#streams.add(stream);
    return {
      [Symbol.dispose]: () => {
        if (this.#streams.delete(stream)) this.touch();
      },
    };
  }

  /** Says something on one stream, if the client has any (2025-11-25, transports: never on two). */
  notify(text: string): void {
    const [stream] = this.#streams;
    stream?.(text);
  }

  /** Ends it; what is under way fails with the reason. Never rejects: what cannot be closed is left. */
  async close(reason: Fault): Promise<void> {
    this.#closing.abort(reason);
    for (const cancel of this.#underWay.values()) cancel.abort(reason);
    const lines = [...this.#lines.values()];
    this.#lines.clear();
    await Promise.allSettled(lines.map(async ({ channel }) => (await channel)[Symbol.asyncDispose]()));
  }

  /** The line is opened for all who will use it: the signal of one must not end it. */
  #openLine(server: CatalogServer, stale: Line | undefined): Line {
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(openTimeoutMs)]);
    const line: Line = { to: server, channel: this.#open(server, signal) };
    this.#lines.set(server.server.id, line);
    line.channel.catch(() => {
      if (this.#lines.get(server.server.id) === line) this.#lines.delete(server.server.id);
    });
    void stale?.channel.then((channel) => channel[Symbol.asyncDispose]()).catch(() => undefined);
    return line;
  }

  async #open(server: CatalogServer, signal: AbortSignal): Promise<Channel> {
    const channel = await this.#upstreams.openLegacy(server, this.client, signal);
    // A server that will not hear of log levels still serves.
    await Promise.allSettled([this.#tellLogLevel(channel, signal)]);
    if (!this.#closing.signal.aborted) return channel;
    await channel[Symbol.asyncDispose]();
    throw this.#closing.signal.reason;
  }

  async #tellLogLevel(channel: Channel, signal: AbortSignal): Promise<void> {
    if (this.#logLevelParams === undefined || !("logging" in channel.hello.capabilities)) return;
    await channel.request({ method: "logging/setLevel", params: this.#logLevelParams, signal });
  }
}

/** An entry of the catalog is replaced at each sync; a line stays good while the address is the same. */
function isSameAddress(a: CatalogServer, b: CatalogServer): boolean {
  return a.server.revision === b.server.revision && a.server.url === b.server.url;
}

async function orUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch {
    return undefined;
  }
}
