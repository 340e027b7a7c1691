/** The session of one legacy client at one portal: its lines to servers and its streams. */
import type { CallerSession, CatalogServer, Upstreams } from "@castellan/calls";
import { createId, kernelFaults, type Id } from "@castellan/kernel";
import {
  edit,
  mcpFaults,
  memberText,
  requestText,
  type Channel,
  type LegacyClient,
  type RequestId,
  type RequestMessage,
  type ResponseMessage,
} from "@castellan/mcp";

export interface SessionOptions {
  readonly principalId: string;
  readonly portal: string;
  readonly client: LegacyClient;
  readonly clientName: string | undefined;
  readonly clientVersion: string | undefined;
  readonly upstreams: Upstreams;
  readonly nowMs: number;
}

/** Time to open a line to a server, milliseconds. */
const openTimeoutMs = 30_000;

const maxOpenQuestions = 256;

interface Line {
  readonly to: CatalogServer;
  readonly channel: Promise<Channel>;
}

export class Session implements CallerSession, AsyncDisposable {
  readonly id: Id<"session"> = createId("session");
  readonly principalId: string;
  readonly portal: string;
  readonly client: LegacyClient;
  readonly clientName: string | undefined;
  readonly clientVersion: string | undefined;
  lastUsedMs: number;
  readonly #upstreams: Upstreams;
  readonly #lines = new Map<string, Line>();
  readonly #underWay = new Map<RequestId, AbortController>();
  readonly #questions = new Map<RequestId, { readonly id: RequestId; readonly channel: Channel }>();
  readonly #streams = new Set<(text: string) => void>();
  readonly #closing = new AbortController();
  #lastQuestion = 0;
  #logLevelParams: string | undefined;

  constructor(options: SessionOptions) {
    this.principalId = options.principalId;
    this.portal = options.portal;
    this.client = options.client;
    this.clientName = options.clientName;
    this.clientVersion = options.clientVersion;
    this.lastUsedMs = options.nowMs;
    this.#upstreams = options.upstreams;
  }

  /** Aborts when the session ends. */
  get ended(): AbortSignal {
    return this.#closing.signal;
  }

  /** A session with a stream or a request under way is in use however long ago it last was asked. */
  get isBusy(): boolean {
    return this.#streams.size > 0 || this.#underWay.size > 0;
  }

  async channel(server: CatalogServer, signal: AbortSignal): Promise<Channel> {
    const known = this.#lines.get(server.server.id);
    const channel = known && isSameAddress(known.to, server) ? await orUndefined(known.channel) : undefined;
    if (channel?.isOpen) return channel;
    const raced = this.#lines.get(server.server.id);
    const line = raced && raced !== known ? raced : this.#openLine(server, known);
    signal.throwIfAborted();
    return line.channel;
  }

  begin(id: RequestId, cancel: AbortController): Disposable {
    if (this.#underWay.has(id))
      throw mcpFaults.fault("request_id_in_use", "A request with this id is still under way in the session", {
        field: "id",
      });
    this.#underWay.set(id, cancel);
    return { [Symbol.dispose]: () => this.#underWay.delete(id) };
  }

  /** The client gave a request up (`notifications/cancelled`). */
  cancel(id: unknown): void {
    const known = typeof id === "string" || typeof id === "number" ? this.#underWay.get(id) : undefined;
    known?.abort(kernelFaults.fault("cancelled", "The client cancelled the request"));
  }

  ask(question: RequestMessage, channel: Channel): string {
    const id = `castellan-${++this.#lastQuestion}`;
    this.#questions.set(id, { id: question.id, channel });
    // A server that floods its client with questions loses its own oldest ones.
    const [oldest] = this.#questions.keys();
    if (this.#questions.size > maxOpenQuestions && oldest !== undefined) this.#questions.delete(oldest);
    return requestText(id, question.method, memberText(question, "params"));
  }

  /** The client answered a question: to the server that asked, under the id it asked with. */
  async reply(response: ResponseMessage): Promise<void> {
    const question = response.id === null ? undefined : this.#questions.get(response.id);
    if (!question || response.id === null) return;
    this.#questions.delete(response.id);
    const span = response.spans.get("id");
    if (span) await question.channel.send(edit(response.text, [{ span, text: JSON.stringify(question.id) }]));
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
    return { [Symbol.dispose]: () => this.#streams.delete(stream) };
  }

  /** Says something on one stream, if the client has any (2025-11-25, transports: never on two). */
  notify(text: string): void {
    const [stream] = this.#streams;
    stream?.(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(kernelFaults.fault("cancelled", "The session has ended"));
    for (const cancel of this.#underWay.values()) cancel.abort(this.#closing.signal.reason);
    const lines = [...this.#lines.values()];
    this.#lines.clear();
    await Promise.allSettled(lines.map(async ({ channel }) => (await channel)[Symbol.asyncDispose]()));
  }

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
    await this.#tellLogLevel(channel, signal);
    return channel;
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
