/**
 * A legacy server over HTTP+SSE (2024-11-05, transports): one GET stream carries everything the
 * server says, and names the address that messages are posted to.
 */
import { kernelFaults } from "@castellan/kernel";
import { mcpFaults } from "../faults.ts";
import {
  requestText,
  type Message,
  type NotificationMessage,
  type RequestMessage,
  type ResponseMessage,
} from "../jsonrpc/message.ts";
import type { ServerSentEvent } from "../sse/read.ts";
import type {
  Channel,
  ChannelRequest,
  ListenEnd,
  ListenOptions,
  ServerHello,
  UpstreamTarget,
} from "./channel.ts";
import type { AboutRequest } from "./credentials.ts";
import type { OnMessage } from "./hand-on.ts";
import type { LegacyChannelOptions } from "./legacy-session.ts";
import { openSseLine } from "./legacy-sse-line.ts";
import {
  cancelledNotification,
  initializedNotification,
  initializeParams,
  toLegacyHello,
  type LegacyClient,
} from "./legacy.ts";
import { OpenQuestions } from "./open-questions.ts";
import { postOneWay } from "./post.ts";
import { refusalFault } from "./refusal.ts";
import { Silence } from "./silence.ts";
import { isOfTheServer, orAborted, parseUpstream, toUpstreamFault } from "./upstream-fault.ts";
import { answeredBy, isOutsideOfRequests, progressTokenIn } from "./whose-message.ts";

/** Opens a stream and the session in it. Faults: see `Channel.request`, and what `afterOpen` throws. */
export async function openLegacySse(
  target: UpstreamTarget,
  client: LegacyClient,
  signal: AbortSignal,
  { afterOpen }: Pick<LegacyChannelOptions, "afterOpen"> = {},
): Promise<Channel> {
  const closing = new AbortController();
  try {
    const opening = AbortSignal.any([signal, AbortSignal.timeout(target.limits.idleTimeoutMs)]);
    const { events, endpoint } = await openSseLine(target, closing.signal, opening);
    const channel = new LegacySseChannel({ ...target, url: endpoint }, events, closing);
    await channel.initialize(client, opening);
    await orAborted(Promise.resolve(afterOpen?.((request) => channel.request(request))), opening);
    return channel;
  } catch (error) {
    closing.abort();
    throw error;
  }
}

interface Receiver {
  readonly onMessage: OnMessage | undefined;
  /** Fails what the receiver waits for. */
  readonly reject: (error: unknown) => void;
  /** Resolves when the receiver wants nothing more. */
  readonly over: Promise<void>;
}

interface Waiting extends Receiver {
  readonly progressToken: unknown;
  readonly silence: Silence;
  readonly resolve: (message: ResponseMessage) => void;
}

interface Listening extends Receiver {
  readonly end: (how: ListenEnd) => void;
}

class LegacySseChannel implements Channel {
  readonly era = "legacy";
  readonly #target: UpstreamTarget;
  readonly #closing: AbortController;
  readonly #waiting = new Map<number, Waiting>();
  readonly #questions = new OpenQuestions();
  #listening: Listening | undefined;
  /** There while the stream is not read on, because a receiver is not ready. */
  #holds: Disposable[] | undefined;
  #hello: ServerHello | undefined;
  #ended: unknown;
  #lastId = 0;

  constructor(target: UpstreamTarget, events: AsyncGenerator<ServerSentEvent>, closing: AbortController) {
    this.#target = target;
    this.#closing = closing;
    void this.#pump(events);
  }

  get hello(): ServerHello {
    if (!this.#hello)
      throw kernelFaults.fault("internal_error", "A legacy channel was used before it was opened");
    return this.#hello;
  }

  get isOpen(): boolean {
    return this.#ended === undefined;
  }

  async initialize(client: LegacyClient, signal: AbortSignal): Promise<void> {
    const params = initializeParams(client);
    this.#hello = toLegacyHello(await this.request({ method: "initialize", params, signal }));
    await this.#post(initializedNotification, signal);
  }

  async request({ method, name, params, signal, onMessage }: ChannelRequest): Promise<ResponseMessage> {
    if (this.#ended !== undefined) throw toUpstreamFault(this.#ended, signal);
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<ResponseMessage>();
    // The post and the stream may both fail; the first failure is the one that is told.
    const over = promise.then(nothing, nothing);
    using silence = new Silence(this.#target.limits.idleTimeoutMs);
    silence.signal.addEventListener("abort", () => reject(silence.signal.reason), { once: true });
    this.#holds?.push(silence.hold());
    using _underWay = this.#questions.begin(silence);
    const progressToken = progressTokenIn(params);
    this.#waiting.set(id, { onMessage, reject, over, progressToken, silence, resolve });
    try {
      await this.#post(requestText(id, method, params), signal, { method, name });
      return await orAborted(promise, signal);
    } catch (error) {
      reject(error);
      if (signal.aborted || !isOfTheServer(error))
        this.send(cancelledNotification(id)).catch(() => undefined);
      throw error;
    } finally {
      this.#waiting.delete(id);
    }
  }

  async send(text: string): Promise<void> {
    try {
      await this.#post(text, AbortSignal.timeout(this.#target.limits.idleTimeoutMs));
    } finally {
      this.#questions.sent(text);
    }
  }

  /** The newest listener hears; the one before it has "ended". */
  async listen({ signal, onMessage, onOpen }: ListenOptions): Promise<ListenEnd> {
    if (signal.aborted) throw toUpstreamFault(signal.reason, signal);
    if (!this.isOpen) return "ended";
    const { promise, resolve: end, reject } = Promise.withResolvers<ListenEnd>();
    const listening = { onMessage, reject, over: promise.then(nothing, nothing), end };
    this.#listening?.end("ended");
    this.#listening = listening;
    try {
      onOpen?.({ isResumed: false });
      return await orAborted(promise, signal);
    } finally {
      end("ended");
      if (this.#listening === listening) this.#listening = undefined;
    }
  }

  /** The session is the stream: both end together. */
  end(): Promise<void> {
    return this[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(mcpFaults.fault("upstream_unreachable", "The line to the server was closed"));
  }

  async #post(text: string, signal: AbortSignal, about?: AboutRequest): Promise<void> {
    const version = this.#hello?.version;
    const headers: Record<string, string> = version === undefined ? {} : { "mcp-protocol-version": version };
    const status = await postOneWay(this.#target, { text, headers, signal, about });
    if (status >= 400) throw refusalFault(status);
  }

  async #pump(events: AsyncGenerator<ServerSentEvent>): Promise<void> {
    try {
      for await (const { event, data } of events) {
        for (const { silence } of this.#waiting.values()) silence.heard();
        if (event !== "message" || data === "") continue;
        const taken = this.#receive(data);
        if (taken) await this.#held(taken);
      }
      throw mcpFaults.fault("upstream_unreachable", "The server closed the event stream");
    } catch (error) {
      this.#ended = error;
      for (const waiting of this.#waiting.values()) waiting.reject(error);
      this.#listening?.end("ended");
      this.#closing.abort(error);
    }
  }

  /** While one receiver is not ready nothing is read, so that nobody's server is silent. */
  async #held(taken: Promise<void>): Promise<void> {
    const holds = [...this.#waiting.values()].map(({ silence }) => silence.hold());
    this.#holds = holds;
    try {
      await orAborted(taken, this.#closing.signal);
    } finally {
      this.#holds = undefined;
      for (const hold of holds) hold[Symbol.dispose]();
    }
  }

  /** A message that cannot be used fails the request that it answers; one that answers none, the stream. */
  #receive(data: string): void | Promise<void> {
    let message: Message;
    try {
      message = parseUpstream(data);
    } catch (error) {
      const waiting = this.#waiting.get(answeredBy(data) ?? 0);
      if (!waiting) throw error;
      return waiting.reject(error);
    }
    if (message.kind === "request" || message.kind === "notification") return this.#handOn(message);
    if (typeof message.id === "number") this.#answer(message.id, message);
  }

  /** What follows the answer belongs to others, though the request may still wait for its POST to end. */
  #answer(id: number, message: ResponseMessage): void {
    this.#waiting.get(id)?.resolve(message);
    this.#waiting.delete(id);
  }

  #handOn(message: RequestMessage | NotificationMessage): void | Promise<void> {
    const owner = this.#ownerOf(message);
    const receiver = owner ?? this.#listening;
    this.#questions.note(message, owner?.silence);
    if (!receiver) return;
    try {
      const taken = receiver.onMessage?.(message);
      if (taken !== undefined) return Promise.race([taken.catch(receiver.reject), receiver.over]);
    } catch (error) {
      receiver.reject(error);
    }
  }

  /** The one stream does not say which request a message belongs to: by progress token, else the newest. */
  #ownerOf({ method, params }: RequestMessage | NotificationMessage): Waiting | undefined {
    if (this.#listening && isOutsideOfRequests(method)) return undefined;
    const token = params?.["progressToken"];
    const waiting = [...this.#waiting.values()];
    return token === undefined
      ? waiting.at(-1)
      : waiting.find((candidate) => candidate.progressToken === token);
  }
}

function nothing(): void {}
