/**
 * A legacy server over HTTP+SSE (2024-11-05, transports): one GET stream carries everything the
 * server says, and names the address that messages are posted to.
 */
import { isFault, kernelFaults } from "@castellan/kernel";
import { mcpFaults } from "../faults.ts";
import {
  isObject,
  requestText,
  type Message,
  type NotificationMessage,
  type RequestMessage,
  type ResponseMessage,
} from "../jsonrpc/message.ts";
import { readEvents, type ServerSentEvent } from "../sse/read.ts";
import { abortable } from "./abortable.ts";
import type { Channel, ChannelRequest, ServerHello, UpstreamTarget } from "./channel.ts";
import {
  cancelledNotification,
  initializedNotification,
  initializeParams,
  toLegacyHello,
  type LegacyClient,
} from "./legacy.ts";
import { discard, mediaType, parseUpstream, postOneWay, send, toUpstreamFault } from "./post.ts";
import { refusalFault } from "./refusal.ts";

/** Opens a stream and the session in it. Faults: see `Channel.request`. */
export async function openLegacySse(
  target: UpstreamTarget,
  client: LegacyClient,
  signal: AbortSignal,
): Promise<Channel> {
  const closing = new AbortController();
  try {
    const opening = AbortSignal.any([signal, AbortSignal.timeout(target.limits.idleTimeoutMs)]);
    const events = await abortable(openStream(target, closing.signal), opening);
    const endpoint = await endpointIn(events, target.url, opening);
    const channel = new LegacySseChannel({ ...target, url: endpoint }, events, closing);
    await channel.initialize(client, opening);
    return channel;
  } catch (error) {
    closing.abort();
    throw toUpstreamFault(error, signal);
  }
}

/** The stream may be silent for as long as nothing is asked; what is asked has a time of its own. */
async function openStream(
  target: UpstreamTarget,
  signal: AbortSignal,
): Promise<AsyncGenerator<ServerSentEvent>> {
  const headers = { accept: "text/event-stream" };
  const reply = await send(target, "GET", { headers, signal, bodyTimeoutMs: 0 });
  if (reply.statusCode === 200 && mediaType(reply.headers) === "text/event-stream")
    return readEvents(reply.body, target.limits.maxMessageBytes);
  await discard(reply.body);
  if (reply.statusCode !== 200) throw refusalFault(reply.statusCode);
  throw mcpFaults.fault(
    "upstream_invalid",
    "The server answered GET with something other than an event stream",
  );
}

/** The first event names the address to post to; it must stay on the server's own origin. */
async function endpointIn(
  events: AsyncGenerator<ServerSentEvent>,
  base: URL,
  signal: AbortSignal,
): Promise<URL> {
  for (;;) {
    const { value, done } = await abortable(events.next(), signal);
    if (done) throw mcpFaults.fault("upstream_invalid", "The event stream ended before it named an endpoint");
    if (value.event !== "endpoint") continue;
    const endpoint = URL.canParse(value.data, base.href) ? new URL(value.data, base) : undefined;
    if (endpoint?.origin !== base.origin)
      throw mcpFaults.fault("upstream_invalid", "The event stream names an endpoint outside its own origin");
    return endpoint;
  }
}

interface Waiting {
  readonly request: ChannelRequest;
  readonly progressToken: unknown;
  readonly resolve: (message: ResponseMessage) => void;
  readonly reject: (error: unknown) => void;
  /** Fires when the server has said nothing for too long. */
  readonly idle: NodeJS.Timeout;
}

class LegacySseChannel implements Channel {
  readonly era = "legacy";
  readonly #target: UpstreamTarget;
  readonly #closing: AbortController;
  readonly #waiting = new Map<number, Waiting>();
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

  async request(request: ChannelRequest): Promise<ResponseMessage> {
    if (this.#ended !== undefined) throw toUpstreamFault(this.#ended, request.signal);
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<ResponseMessage>();
    // The post and the stream may both fail; the first failure is the one that is told.
    promise.catch(() => undefined);
    const idle = setTimeout(() => reject(silence()), this.#target.limits.idleTimeoutMs);
    const progressToken = progressTokenIn(request.params);
    this.#waiting.set(id, { request, progressToken, resolve, reject, idle });
    try {
      await this.#post(requestText(id, request.method, request.params), request.signal);
      return await abortable(promise, request.signal);
    } catch (error) {
      if (request.signal.aborted || isFault(error, "upstream_timeout"))
        this.send(cancelledNotification(id)).catch(() => undefined);
      throw toUpstreamFault(error, request.signal);
    } finally {
      clearTimeout(idle);
      this.#waiting.delete(id);
    }
  }

  send(text: string): Promise<void> {
    return this.#post(text, AbortSignal.timeout(this.#target.limits.idleTimeoutMs));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(mcpFaults.fault("upstream_unreachable", "The line to the server was closed"));
  }

  async #post(text: string, signal: AbortSignal): Promise<void> {
    const version = this.#hello?.version;
    const headers: Record<string, string> = version === undefined ? {} : { "mcp-protocol-version": version };
    const status = await postOneWay(this.#target, { text, headers, signal });
    if (status >= 400) throw refusalFault(status);
  }

  async #pump(events: AsyncGenerator<ServerSentEvent>): Promise<void> {
    try {
      for await (const { event, data } of events) {
        for (const { idle } of this.#waiting.values()) idle.refresh();
        if (event === "message" && data !== "") this.#receive(data);
      }
      throw mcpFaults.fault("upstream_unreachable", "The server closed the event stream");
    } catch (error) {
      this.#ended = error;
      for (const waiting of this.#waiting.values()) waiting.reject(error);
      this.#closing.abort(error);
    }
  }

  /** A message that cannot be used fails the request that it answers; one that answers none, the stream. */
  #receive(data: string): void {
    try {
      this.#deliver(parseUpstream(data));
    } catch (error) {
      const waiting = this.#waiting.get(answeredBy(data) ?? 0);
      if (!waiting) throw error;
      waiting.reject(error);
    }
  }

  #deliver(message: Message): void {
    if (message.kind === "request" || message.kind === "notification") this.#ownerOf(message)?.(message);
    else if (typeof message.id === "number") this.#waiting.get(message.id)?.resolve(message);
  }

  /** The one stream does not say which request a message belongs to: by progress token, else the newest. */
  #ownerOf(message: RequestMessage | NotificationMessage): ChannelRequest["onMessage"] {
    const token = message.params?.["progressToken"];
    const waiting = [...this.#waiting.values()];
    const owner =
      token === undefined ? waiting.at(-1) : waiting.find((candidate) => candidate.progressToken === token);
    return owner?.request.onMessage;
  }
}

function silence() {
  return mcpFaults.fault("upstream_timeout", "The server did not answer in time");
}

function progressTokenIn(params: string | undefined): unknown {
  const value: unknown = params === undefined ? undefined : JSON.parse(params);
  const meta = isObject(value) ? value["_meta"] : undefined;
  return isObject(meta) ? meta["progressToken"] : undefined;
}

/** The id in a text that was refused as a message, if it has one of ours. */
function answeredBy(data: string): number | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return isObject(value) && typeof value["id"] === "number" ? value["id"] : undefined;
  } catch {
    return undefined;
  }
}
