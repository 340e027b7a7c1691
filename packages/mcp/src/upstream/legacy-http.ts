/** A legacy server over Streamable HTTP (2025-03-26 to 2025-11-25, transports): one session of it. */
import { isFault, kernelFaults } from "@castellan/kernel";
import { mcpFaults } from "../faults.ts";
import { rpcCodes } from "../jsonrpc/error.ts";
import { requestText } from "../jsonrpc/message.ts";
import { abortable } from "./abortable.ts";
import type { Channel, ChannelRequest, ServerHello, UpstreamTarget } from "./channel.ts";
import {
  cancelledNotification,
  initializedNotification,
  initializeParams,
  toLegacyHello,
  type LegacyClient,
} from "./legacy.ts";
import { discard, postOneWay, postRequest, send, toUpstreamFault, type Posted } from "./post.ts";
import { answerOf, refusalFault } from "./refusal.ts";

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
  try {
    await channel.open(signal);
    return channel;
  } catch (error) {
    await channel[Symbol.asyncDispose]();
    throw toUpstreamFault(error, signal);
  }
}

class LegacyHttpChannel implements Channel {
  readonly era = "legacy";
  readonly #target: UpstreamTarget;
  readonly #client: LegacyClient;
  readonly #closing = new AbortController();
  #session: Session | undefined;
  #opening: Promise<Session> | undefined;
  #lastId = 0;

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
    return !this.#closing.signal.aborted;
  }

  async open(signal: AbortSignal): Promise<void> {
    await this.#reopen(undefined, signal);
  }

  async request(request: ChannelRequest) {
    try {
      const session = await this.#current(request.signal);
      let posted = await this.#post(session, request);
      if (session.id !== undefined && isSessionLost(posted))
        posted = await this.#post(await this.#reopen(session, request.signal), request);
      return answerOf(posted);
    } catch (error) {
      throw toUpstreamFault(error, request.signal);
    }
  }

  async send(text: string): Promise<void> {
    const signal = this.#withinIdleTime();
    try {
      const status = await this.#postOneWay(await this.#current(signal), text, signal);
      if (status >= 400) throw refusalFault(status);
    } catch (error) {
      throw toUpstreamFault(error, signal);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.isOpen) return;
    this.#closing.abort(mcpFaults.fault("upstream_unreachable", "The line to the server was closed"));
    await this.#opening?.catch(() => undefined);
    if (this.#session) await this.#end(this.#session);
  }

  async #current(signal: AbortSignal): Promise<Session> {
    this.#closing.signal.throwIfAborted();
    return this.#session ?? this.#reopen(undefined, signal);
  }

  /**
   * Single flight: those who found the same session lost wait for one new one. It is opened for all of
   * them, so the signal of one ends that one's wait only.
   */
  async #reopen(lost: Session | undefined, signal: AbortSignal): Promise<Session> {
    if (this.#session && this.#session !== lost) return this.#session;
    this.#opening ??= this.#initialize().finally(() => {
      this.#opening = undefined;
    });
    return abortable(this.#opening, signal);
  }

  async #initialize(): Promise<Session> {
    const signal = AbortSignal.any([this.#closing.signal, this.#withinIdleTime()]);
    const id = ++this.#lastId;
    const text = requestText(id, "initialize", initializeParams(this.#client));
    const posted = await postRequest(this.#target, { id, text, headers: {}, signal });
    if (posted.kind === "refused") throw refusalFault(posted.status);
    const session = { id: sessionIdOf(posted), hello: toLegacyHello(posted.message) };
    try {
      await this.#postOneWay(session, initializedNotification, signal);
      this.#closing.signal.throwIfAborted();
    } catch (error) {
      await this.#end(session);
      throw error;
    }
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
      if (request.signal.aborted || isFault(error, "upstream_timeout"))
        this.#postOneWay(session, cancelledNotification(id), this.#withinIdleTime()).catch(() => undefined);
      throw error;
    }
  }

  #postOneWay(session: Session, text: string, signal: AbortSignal): Promise<number> {
    return postOneWay(this.#target, { text, headers: sessionHeaders(session), signal });
  }

  /** A server that is gone, or that does not end sessions on request, has nothing left to end. */
  async #end(session: Session): Promise<void> {
    if (session.id === undefined) return;
    try {
      const signal = AbortSignal.timeout(endTimeoutMs);
      const { body } = await send(this.#target, "DELETE", { headers: sessionHeaders(session), signal });
      await discard(body);
    } catch {}
  }

  #withinIdleTime(): AbortSignal {
    return AbortSignal.timeout(this.#target.limits.idleTimeoutMs);
  }
}

const endTimeoutMs = 2_000;

/**
 * 404 is what the spec asks for (2025-11-25, transports, "Session management"); many servers, among them
 * those made after the SDK's examples, answer 400 and say something about the session. An error about
 * the request itself is not meant, whatever words it uses.
 */
function isSessionLost(posted: Posted): boolean {
  if (posted.kind === "answer") return false;
  const { code, message = "" } = posted.message?.error ?? {};
  if (code === rpcCodes.methodNotFound || code === rpcCodes.invalidParams) return false;
  return posted.status === 404 || (posted.status === 400 && /\bsession\b|not initialized/i.test(message));
}

function sessionHeaders({ id, hello }: Session): Record<string, string> {
  return {
    "mcp-protocol-version": hello.version,
    ...(id === undefined ? {} : { "mcp-session-id": id }),
  };
}

/** Visible ASCII only (2025-11-25, transports): anything else could not be sent back. */
function sessionIdOf(posted: Posted): string | undefined {
  const value = posted.kind === "answer" ? posted.headers["mcp-session-id"] : undefined;
  const id = Array.isArray(value) ? value[0] : value;
  if (id === undefined || /^[!-~]{1,4096}$/.test(id)) return id;
  throw mcpFaults.fault("upstream_invalid", "The server gave a session id that is not visible ASCII");
}
