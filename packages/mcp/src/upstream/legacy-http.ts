/** A legacy server over Streamable HTTP (2025-03-26 to 2025-11-25, transports): one session of it. */
import { kernelFaults } from "@castellan/kernel";
import { requestText } from "../jsonrpc/message.ts";
import type { Channel, ChannelRequest, ServerHello, UpstreamTarget } from "./channel.ts";
import {
  cancelledNotification,
  initializedNotification,
  initializeParams,
  toLegacyHello,
  type LegacyClient,
} from "./legacy.ts";
import { discard, postOneWay, postRequest, send, type Posted } from "./post.ts";
import { refusalFault } from "./refusal.ts";

interface Session {
  readonly id: string | undefined;
  readonly hello: ServerHello;
}

/**
 * Opens a session. When the server forgets it (404), the next request opens a new one and is sent
 * again: a server that does not know the session cannot have carried the request out.
 * Faults: see `Channel.request`.
 */
export async function openLegacyHttp(
  target: UpstreamTarget,
  client: LegacyClient,
  signal: AbortSignal,
): Promise<Channel> {
  const channel = new LegacyHttpChannel(target, client);
  await channel.open(signal);
  return channel;
}

class LegacyHttpChannel implements Channel {
  readonly era = "legacy";
  readonly #target: UpstreamTarget;
  readonly #client: LegacyClient;
  #session: Session | undefined;
  #opening: Promise<Session> | undefined;
  #lastId = 0;
  #isClosed = false;

  constructor(target: UpstreamTarget, client: LegacyClient) {
    this.#target = target;
    this.#client = client;
  }

  get hello(): ServerHello {
    if (!this.#session)
      throw kernelFaults.fault("internal_error", "A legacy channel was used before it was opened");
    return this.#session.hello;
  }

  get isOpen(): boolean {
    return !this.#isClosed;
  }

  async open(signal: AbortSignal): Promise<void> {
    await this.#reopen(undefined, signal);
  }

  async request(request: ChannelRequest) {
    const session = await this.#current(request.signal);
    let posted = await this.#post(session, request);
    if (session.id !== undefined && isSessionLost(posted))
      posted = await this.#post(await this.#reopen(session, request.signal), request);
    if (posted.kind === "answer") return posted.message;
    if (posted.message) return posted.message;
    throw refusalFault(posted.status);
  }

  async send(text: string): Promise<void> {
    const session = await this.#current(AbortSignal.timeout(this.#target.limits.idleTimeoutMs));
    const status = await this.#postOneWay(session, text);
    if (status >= 400) throw refusalFault(status);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const session = this.#session;
    if (session?.id === undefined) return;
    try {
      const headers = sessionHeaders(session);
      const signal = AbortSignal.timeout(2_000);
      const { body } = await send(this.#target, "DELETE", { headers, signal });
      await discard(body);
    } catch {
      // A server that is gone, or that does not end sessions on request, has nothing left to end.
    }
  }

  #current(signal: AbortSignal): Promise<Session> | Session {
    if (this.#isClosed) throw kernelFaults.fault("cancelled", "The session has ended");
    return this.#session ?? this.#reopen(undefined, signal);
  }

  /** Single flight: those who found the same session lost wait for one new one. */
  #reopen(lost: Session | undefined, signal: AbortSignal): Promise<Session> {
    if (this.#session && this.#session !== lost) return Promise.resolve(this.#session);
    this.#opening ??= this.#initialize(signal).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #initialize(signal: AbortSignal): Promise<Session> {
    const id = ++this.#lastId;
    const text = requestText(id, "initialize", initializeParams(this.#client));
    const posted = await postRequest(this.#target, { id, text, headers: {}, signal });
    if (posted.kind === "refused") throw refusalFault(posted.status);
    const hello = toLegacyHello(posted.message);
    const session = { id: headerOf(posted, "mcp-session-id"), hello };
    await this.#postOneWay(session, initializedNotification);
    this.#session = session;
    return session;
  }

  async #post(session: Session, request: ChannelRequest): Promise<Posted> {
    const id = ++this.#lastId;
    try {
      return await postRequest(this.#target, {
        id,
        text: requestText(id, request.method, request.params),
        headers: sessionHeaders(session),
        signal: request.signal,
        onMessage: request.onMessage,
      });
    } catch (error) {
      // A closed connection does not mean cancelled in this era (2025-11-25, transports): it has to be said.
      if (request.signal.aborted) this.#postOneWay(session, cancelledNotification(id)).catch(() => undefined);
      throw error;
    }
  }

  #postOneWay(session: Session, text: string): Promise<number> {
    const signal = AbortSignal.timeout(this.#target.limits.idleTimeoutMs);
    return postOneWay(this.#target, { text, headers: sessionHeaders(session), signal });
  }
}

/**
 * 404 is what the spec asks for (2025-11-25, transports, "Session management"); many servers, among them
 * those made after the SDK's examples, answer 400 and say something about the session.
 */
function isSessionLost(posted: Posted): boolean {
  if (posted.kind === "answer") return false;
  return (
    posted.status === 404 || (posted.status === 400 && /\bsession/i.test(posted.message?.error.message ?? ""))
  );
}

function sessionHeaders({ id, hello }: Session): Record<string, string> {
  return {
    "mcp-protocol-version": hello.version,
    ...(id === undefined ? {} : { "mcp-session-id": id }),
  };
}

function headerOf(posted: Posted, name: string): string | undefined {
  const value = posted.kind === "answer" ? posted.headers[name] : undefined;
  return Array.isArray(value) ? value[0] : value;
}
