/** The session of one legacy client at one portal, as this replica knows it. What lasts of it is in the database. */
import { setTimeout } from "node:timers/promises";
import type { AskedQuestion, CallerSession, CatalogServer, ClientQuestion } from "@castellan/calls";
import type { Owner } from "@castellan/credentials";
import { kernelFaults, type Fault, type Id } from "@castellan/kernel";
import {
  mcpFaults,
  type Channel,
  type LegacyClient,
  type LogLevel,
  type NotificationMessage,
  type RequestId,
  type ResponseMessage,
} from "@castellan/mcp";
import type { Subscription } from "./line-store.ts";
import { offersLogging, type LineWishes } from "./line-wishes.ts";
import { Questions } from "./questions.ts";
import { sessionEnded } from "./session-ended.ts";
import { SessionLines } from "./session-lines.ts";
import type { SessionParts } from "./session-parts.ts";
import { SessionStream } from "./session-stream.ts";
import type { SessionState, StoredSession } from "./session-store.ts";

/** How long a client waits at most for its servers to hear of a log level, milliseconds. */
const hearingMs = 1_000;

export class Session implements CallerSession {
  readonly id: Id<"session">;
  readonly principalId: string;
  readonly clientId: string | undefined;
  readonly portal: string;
  readonly client: LegacyClient;
  readonly clientName: string | undefined;
  readonly clientVersion: string | undefined;
  readonly lines: SessionLines;
  readonly stream: SessionStream;
  readonly #parts: SessionParts;
  readonly #underWay = new Map<RequestId, AbortController>();
  readonly #questions: Questions;
  readonly #closing = new AbortController();
  #lastUsedMs: number;
  #logLevel: LogLevel | undefined;
  #owner: Owner | undefined;

  constructor(stored: StoredSession, parts: SessionParts) {
    this.id = stored.id;
    this.principalId = stored.principalId;
    this.clientId = stored.clientId;
    this.portal = stored.portal;
    this.client = stored.client;
    this.clientName = stored.clientName;
    this.clientVersion = stored.clientVersion;
    this.#logLevel = stored.logLevel;
    this.#parts = parts;
    this.#lastUsedMs = parts.clock.monotonic();
    this.#questions = new Questions(parts.nextQuestionId);
    this.lines = new SessionLines({
      session: { id: this.id, principalId: this.principalId },
      client: this.client,
      owner: () => this.owner,
      upstreams: parts.upstreams,
      store: parts.lines,
      findServer: parts.findServer,
      wishesOf: (serverId) => this.#wishesOf(serverId),
      onOwnLine: () => this.stream.linesChanged(),
      signal: this.#closing.signal,
    });
    this.stream = new SessionStream({ parts, session: this, lines: this.lines, onLeft: () => this.touch() });
  }

  get logLevel(): LogLevel | undefined {
    return this.#logLevel;
  }

  /** Whom its requests to servers are made for: its caller, as they were known when they came last. */
  get owner(): Owner {
    if (!this.#owner) throw kernelFaults.fault("internal_error", "A session is in use that nobody came to");
    return this.#owner;
  }

  /** Its caller has come. */
  cameFrom(owner: Owner): void {
    this.#owner = owner;
  }

  /** Aborts when the session ends, or this replica stops. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  /** A session with a stream or a request under way is in use however long ago it last was asked. */
  get isBusy(): boolean {
    return this.stream.isOpen || this.#underWay.size > 0;
  }

  /** When it was last in use on this replica (monotonic). */
  get lastUsedMs(): number {
    return this.isBusy ? this.#parts.clock.monotonic() : this.#lastUsedMs;
  }

  touch(): void {
    this.#lastUsedMs = this.#parts.clock.monotonic();
  }

  channel(server: CatalogServer, signal: AbortSignal): Promise<Channel> {
    return this.lines.channel(server, signal);
  }

  begin(id: RequestId, cancel: AbortController): Disposable {
    if (this.#underWay.has(id))
      throw mcpFaults.fault("request_id_in_use", "A request with this id is still under way in the session", {
        field: "id",
      });
    if (this.#closing.signal.aborted) throw this.#closing.signal.reason;
    this.#underWay.set(id, cancel);
    return {
      [Symbol.dispose]: () => {
        this.#underWay.delete(id);
        this.touch();
      },
    };
  }

  /** The id of the request under way that this controller cancels. */
  requestOf(cancel: AbortController): RequestId | undefined {
    return [...this.#underWay].find(([, controller]) => controller === cancel)?.[0];
  }

  /** The client gave a request up (`notifications/cancelled`); false when it does not run here. */
  cancel(id: unknown): boolean {
    const known = typeof id === "string" || typeof id === "number" ? this.#underWay.get(id) : undefined;
    known?.abort(kernelFaults.fault("cancelled", "The client cancelled the request"));
    return known !== undefined;
  }

  ask(question: ClientQuestion): AskedQuestion {
    return this.#questions.ask(question);
  }

  /** The client answered a question that this replica asked. */
  reply(answer: ResponseMessage): Promise<void> {
    return this.#questions.reply(answer);
  }

  /** The client works on an answer; false when this replica asked no such question. */
  progress(notification: NotificationMessage): Promise<boolean> {
    return this.#questions.progress(notification);
  }

  /** Sets the log level everywhere, now and on lines to come (`logging/setLevel`). Throws `session_unknown`. */
  async setLogLevel(level: LogLevel, signal: AbortSignal): Promise<void> {
    if (!(await this.#parts.sessions.setLogLevel(this.id, level))) throw sessionEnded();
    this.#logLevel = level;
    const request = { method: "logging/setLevel", params: JSON.stringify({ level }), signal };
    const told = this.lines.onAll(
      async (channel, server) => offersLogging(server) && channel.request(request),
    );
    // The next call should find it set; a server that hangs must not keep the client waiting for that.
    await Promise.race([told, setTimeout(hearingMs, undefined, { ref: false })]);
  }

  /** Takes down what the client wants to hear of. Throws `session_unknown`, `subscriptions_limited`. */
  subscribe(subscription: Subscription): Promise<void> {
    return this.#parts.lines.subscribe(this.id, subscription);
  }

  /** Resolves to what was subscribed to, if anything was. */
  unsubscribe(publicUri: string): Promise<Subscription | undefined> {
    return this.#parts.lines.unsubscribe(this.id, publicUri);
  }

  /** Another replica, or this one, has changed what the database has of the session. */
  changed(stored: SessionState): void {
    const isLevelNew = stored.logLevel !== this.#logLevel;
    this.#logLevel = stored.logLevel;
    this.stream.changed(stored);
    if (isLevelNew) this.lines.tellOwn();
  }

  /** Lets go of everything here; what is under way fails with the reason. Never rejects. */
  async close(reason: Fault): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(reason);
    for (const cancel of this.#underWay.values()) cancel.abort(reason);
    this.#questions.close();
    await Promise.all([this.stream.close(), this.lines.close()]);
  }

  async #wishesOf(serverId: string): Promise<LineWishes> {
    const { sessions, lines } = this.#parts;
    const [[stored], subscriptions] = await Promise.all([
      sessions.states([this.id]),
      lines.subscriptions(this.id),
    ]);
    const uris = subscriptions.filter((one) => one.serverId === serverId).map(({ uri }) => uri);
    return { logLevel: stored?.logLevel, uris: new Set(uris) };
  }
}
