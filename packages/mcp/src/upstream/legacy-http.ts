/** A legacy server over Streamable HTTP (2025-03-26 to 2025-11-25, transports): one session of it. */
import { randomInt } from "node:crypto";
import { kernelFaults } from "@castellan/kernel";
import { mcpFaults } from "../faults.ts";
import { requestText, type ResponseMessage } from "../jsonrpc/message.ts";
import { forTheRest } from "./authorized.ts";
import type {
  Channel,
  ChannelRequest,
  ListenEnd,
  ListenOptions,
  ServerHello,
  UpstreamTarget,
} from "./channel.ts";
import {
  adopt,
  saysLost,
  sessionHeaders,
  sessionIdOf,
  toKept,
  toSession,
  type LegacyChannelOptions,
  type LegacySession,
} from "./legacy-session.ts";
import {
  cancelledNotification,
  initializedNotification,
  initializeParams,
  toLegacyHello,
  type LegacyClient,
} from "./legacy.ts";
import { listenTo } from "./listen.ts";
import { OpenQuestions } from "./open-questions.ts";
import { postOneWay, postRequest, refused, type Posted } from "./post.ts";
import { answerOf, refusalFault } from "./refusal.ts";
import { cut, discard, type Reply } from "./reply.ts";
import { send } from "./send.ts";
import { Silence } from "./silence.ts";
import { isOfTheServer, orAborted } from "./upstream-fault.ts";

/**
 * Opens a session, or adopts the one that the keeper has. When the server forgets it (404), the next
 * request gets a newer one from the keeper or opens one, and is sent again: a server that does not know the
 * session cannot have carried the request out.
 * Faults: see `Channel.request`, and what the keeper and `afterOpen` throw.
 */
export async function openLegacyHttp(
  target: UpstreamTarget,
  client: LegacyClient,
  signal: AbortSignal,
  options: LegacyChannelOptions = {},
): Promise<Channel> {
  const channel = new LegacyHttpChannel(target, client, options);
  try {
    await channel.open(signal);
    return channel;
  } catch (error) {
    await channel[Symbol.asyncDispose]();
    throw error;
  }
}

class LegacyHttpChannel implements Channel {
  readonly era = "legacy";
  readonly #target: UpstreamTarget;
  readonly #client: LegacyClient;
  readonly #options: LegacyChannelOptions;
  readonly #closing = new AbortController();
  readonly #questions = new OpenQuestions();
  #session: LegacySession | undefined;
  #opening: Promise<LegacySession> | undefined;
  #lastId: number;

  constructor(target: UpstreamTarget, client: LegacyClient, options: LegacyChannelOptions) {
    this.#target = target;
    this.#client = client;
    this.#options = options;
    // Those who share a session must not use the same ids at the same time.
    this.#lastId = options.keeper ? randomInt(maxFirstId) : 0;
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
    await this.#succeed(undefined, signal);
  }

  async request(request: ChannelRequest): Promise<ResponseMessage> {
    let session = await this.#current(request.signal);
    for (let tries = 1; ; tries++) {
      const posted = await this.#post(session, request);
      if (!isLost(session, posted) || tries === maxTries || (tries > 1 && session.isOwn))
        return answerOf(posted);
      session = await this.#succeed(session, request.signal);
    }
  }

  async send(text: string): Promise<void> {
    const signal = this.#withinIdleTime();
    try {
      const status = await this.#postOneWay(await this.#current(signal), text, signal);
      if (status >= 400) throw refusalFault(status);
    } finally {
      this.#questions.sent(text);
    }
  }

  async listen({ signal: listening, onMessage, onOpen }: ListenOptions): Promise<ListenEnd> {
    const session = await this.#current(listening);
    const signal = AbortSignal.any([listening, session.lost.signal, this.#closing.signal]);
    try {
      return await listenTo({
        signal,
        onMessage,
        onOpen,
        maxEventChars: this.#target.limits.maxMessageBytes,
        questions: this.#questions,
        get: (headers, within) => this.#get(session, headers, within),
        judge: (reply) => this.#judge(session, reply, signal),
      });
    } catch (error) {
      if (this.#closing.signal.aborted && error === this.#closing.signal.reason) return "ended";
      throw error;
    }
  }

  async end(): Promise<void> {
    const session = await this.#close();
    if (session) await this.#end(session);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const session = await this.#close();
    if (session && !this.#options.keeper) await this.#end(session);
  }

  /** The session in use, for the first who closes the channel. */
  async #close(): Promise<LegacySession | undefined> {
    if (!this.isOpen) return undefined;
    this.#closing.abort(mcpFaults.fault("upstream_unreachable", "The line to the server was closed"));
    await this.#opening?.catch(() => undefined);
    return this.#session;
  }

  async #current(signal: AbortSignal): Promise<LegacySession> {
    this.#closing.signal.throwIfAborted();
    const session = this.#session;
    return session && !session.lost.signal.aborted ? session : this.#succeed(session, signal);
  }

  /**
   * The session after a lost one, or the first. Single flight: those who found the same session lost wait
   * for one new one. It is opened for all of them, so the signal of one ends that one's wait only.
   */
  async #succeed(lost: LegacySession | undefined, signal: AbortSignal): Promise<LegacySession> {
    if (this.#session && this.#session !== lost) return this.#session;
    this.#opening ??= this.#find(lost).finally(() => {
      this.#opening = undefined;
    });
    return orAborted(this.#opening, signal);
  }

  async #find(lost: LegacySession | undefined): Promise<LegacySession> {
    const signal = AbortSignal.any([this.#closing.signal, this.#withinIdleTime()]);
    const before = lost && toKept(lost);
    const kept = await orAborted(Promise.resolve(this.#options.keeper?.load(before)), signal);
    const isNewer = kept !== undefined && (lost === undefined || kept.id !== lost.id);
    const session = isNewer ? adopt(kept) : await this.#initialize(before, signal);
    this.#session = session;
    lost?.lost.abort(refusalFault(404));
    return session;
  }

  async #initialize(
    lost: ReturnType<typeof toKept> | undefined,
    signal: AbortSignal,
  ): Promise<LegacySession> {
    const { keeper, afterOpen } = this.#options;
    const id = ++this.#lastId;
    const text = requestText(id, "initialize", initializeParams(this.#client));
    const posted = await postRequest(this.#target, {
      id,
      text,
      headers: {},
      signal,
      about: { method: "initialize" },
    });
    if (posted.kind === "refused") throw refusalFault(posted.status);
    const hello = toLegacyHello(posted.message);
    const session = toSession({ id: sessionIdOf(posted), helloText: hello.resultText }, hello, true);
    try {
      await this.#postOneWay(session, initializedNotification, signal);
      await orAborted(Promise.resolve(afterOpen?.((request) => this.#ask(session, request, signal))), signal);
      this.#closing.signal.throwIfAborted();
      if (!keeper || session.id === undefined) return session;
      const held = await orAborted(keeper.save(toKept(session), lost), signal);
      if (held.id === session.id) return session;
      await this.#end(session);
      return adopt(held);
    } catch (error) {
      await this.#end(session);
      throw error;
    }
  }

  /** A request in a session that is not in use yet. */
  async #ask(
    session: LegacySession,
    request: ChannelRequest,
    opening: AbortSignal,
  ): Promise<ResponseMessage> {
    const signal = AbortSignal.any([request.signal, opening]);
    return answerOf(await this.#post(session, { ...request, signal }));
  }

  async #post(session: LegacySession, request: ChannelRequest): Promise<Posted> {
    const { method, name, params, signal, onMessage, isStream } = request;
    const id = ++this.#lastId;
    try {
      return await postRequest(this.#target, {
        id,
        text: requestText(id, method, params),
        headers: sessionHeaders(session),
        about: { method, name },
        signal,
        onMessage,
        isStream,
        resume: (headers, within) => this.#get(session, headers, within, forTheRest(this.#target)),
        questions: this.#questions,
      });
    } catch (error) {
      // A closed connection does not mean cancelled in this era (2025-11-25, transports): it has to be said.
      if (signal.aborted || !isOfTheServer(error))
        this.#postOneWay(session, cancelledNotification(id), this.#withinIdleTime()).catch(() => undefined);
      throw error;
    }
  }

  #postOneWay(session: LegacySession, text: string, signal: AbortSignal): Promise<number> {
    return postOneWay(this.#target, { text, headers: sessionHeaders(session), signal });
  }

  /** Some servers send no head before the first event, so that its time is not limited either. */
  #get(
    session: LegacySession,
    headers: Record<string, string>,
    signal: AbortSignal,
    target = this.#target,
  ): Promise<Reply> {
    const all = { accept: "text/event-stream", ...sessionHeaders(session), ...headers };
    return send(target, "GET", { headers: all, signal, isStream: true, headersTimeoutMs: 0 });
  }

  /**
   * What a refused GET stream means. 404 says that the session is lost, and of many servers only that they
   * know no GET at all: a ping tells the two apart.
   */
  async #judge(session: LegacySession, reply: Reply, signal: AbortSignal): Promise<ListenEnd> {
    if (reply.statusCode < 300 || reply.statusCode === 405) {
      cut(reply.body);
      return "unsupported";
    }
    using silence = new Silence(this.#target.limits.idleTimeoutMs);
    const refusal = await refused(reply, { target: this.#target, silence, signal });
    if (!saysLost(refusal)) throw refusalFault(refusal.status);
    if (session.id === undefined) return "unsupported";
    if (!isLost(session, await this.#post(session, { method: "ping", params: undefined, signal })))
      return "unsupported";
    session.lost.abort(refusalFault(404));
    throw refusalFault(404);
  }

  /** A server that is gone, or that does not end sessions on request, has nothing left to end. */
  async #end(session: LegacySession): Promise<void> {
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

/** How often a request is sent while each session that it gets turns out to be lost. */
const maxTries = 4;

/** At most 14 digits, so that also servers which keep numbers as text with that precision give them back. */
const maxFirstId = 2 ** 46;

function isLost(session: LegacySession, posted: Posted): boolean {
  return session.id !== undefined && posted.kind === "refused" && saysLost(posted);
}
