/**
 * What the servers of one session say outside of its calls, heard by the replica that has the session's
 * GET stream: the streams of legacy servers, in the session's own lines, and subscriptions at modern ones.
 */
import {
  MinuteBudget,
  anyProgress,
  hear,
  sessionQuestions,
  speaks,
  watchServer,
  type CallerSession,
  type CatalogServer,
  type ServerExchange,
  type SessionQuestions,
} from "@castellan/calls";
import type { Owner } from "@castellan/credentials";
import { notificationText, type Channel, type Message } from "@castellan/mcp";
import { keepListening } from "./keep-listening.ts";
import type { Subscription } from "./line-store.ts";
import type { SessionLines } from "./session-lines.ts";
import type { Hearer, SessionParts } from "./session-parts.ts";

export interface HearingOptions {
  readonly parts: SessionParts;
  readonly session: CallerSession & { readonly portal: string; readonly owner: Owner };
  readonly lines: SessionLines;
  /** Says something to the client, outside of requests. */
  readonly say: (text: string) => boolean | Promise<boolean>;
  /** Who hears it, for the record. */
  readonly listener: () => Hearer | undefined;
  readonly signal: AbortSignal;
}

interface Heard {
  readonly stop: AbortController;
  /** What is listened to: another kind or other resources are listened to anew. */
  readonly key: string;
  /** The resources that a modern server is asked to tell of. */
  readonly uris: readonly string[];
}

/** A second after a subscription was made the change log has told of it. */
const readingEveryMs = 1_000;
const maxReadings = 16;

export class SessionHearing {
  readonly #options: HearingOptions;
  readonly #heard = new Map<string, Heard>();
  #subscriptions: readonly Subscription[] = [];
  /** The servers to which the session has a line, on whatever replica. */
  #withLine: ReadonlySet<string> = new Set();
  #reading: Promise<void> | undefined;
  /** How often it may still be asked for what may have been subscribed to, and since when. */
  #readings = maxReadings;
  #readMs = 0;
  #lists: Disposable | undefined;
  #isRenewing = false;
  #isStale = false;

  constructor(options: HearingOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", () => this.#stop(), { once: true });
  }

  /** Listens to what there is to listen to now: lines and subscriptions may have been made on any replica. */
  renew(): void {
    this.#isStale = true;
    if (!this.#isRenewing) void this.#renewAll();
  }

  /** Comes again to what could not be read when it was to be. */
  retry(): void {
    if (this.#isStale) this.renew();
  }

  /** The servers that the client reaches are others, or spoken to in another way; lines and subscriptions are the same. */
  serversChanged(): void {
    if (!this.#options.signal.aborted) this.#listen();
  }

  async #renewAll(): Promise<void> {
    const { parts, session, lines, signal } = this.#options;
    this.#isRenewing = true;
    try {
      while (this.#isStale && !signal.aborted) {
        this.#isStale = false;
        const [kept, subscriptions] = await Promise.all([
          parts.lines.serversOf(session.id),
          parts.lines.subscriptions(session.id),
        ]);
        this.#subscriptions = subscriptions;
        this.#withLine = new Set([...kept, ...lines.ownServers()]);
        if (!signal.aborted) this.#listen();
        lines.tellOwn();
      }
    } catch (error) {
      // The next change, or the next look at the stream, comes to it again.
      this.#isStale = true;
      parts.onError(error);
    } finally {
      this.#isRenewing = false;
    }
  }

  #listen(): void {
    const { parts, session } = this.#options;
    const listener = this.#options.listener();
    const seen = listener && parts.seenAt(session.portal, listener);
    const servers = seen?.scope("legacy").servers ?? [];
    // In this order: a watch that nobody wanted for a moment would be given up, and taken up anew.
    const before = this.#lists;
    this.#lists = parts.lists.retain(servers);
    before?.[Symbol.dispose]();
    const wanted = new Map<
      string,
      Omit<Heard, "stop"> & { listen: (signal: AbortSignal) => Promise<void> }
    >();
    for (const server of servers) {
      const { id } = server.server;
      const uris = this.#subscriptions.filter(({ serverId }) => serverId === id).map(({ uri }) => uri);
      if (speaks(server, "legacy")) {
        // Of another revision the session has another line.
        const key = JSON.stringify(["line", server.server.revision]);
        if (this.#withLine.has(id) || uris.length > 0)
          wanted.set(id, { key, uris: [], listen: (signal) => this.#listenOnLine(id, signal) });
      } else if (uris.length > 0) {
        const before = this.#heard.get(id)?.uris ?? [];
        wanted.set(id, {
          key: JSON.stringify([server.server.revision, uris]),
          uris,
          listen: (signal) => this.#watchModern(server, { uris, before, signal }),
        });
      }
    }
    for (const [id, { stop, key }] of this.#heard) {
      if (wanted.get(id)?.key === key) continue;
      stop.abort();
      this.#heard.delete(id);
    }
    for (const [id, { key, uris, listen }] of wanted) {
      if (this.#heard.has(id)) continue;
      const stop = new AbortController();
      this.#heard.set(id, { stop, key, uris });
      void listen(stop.signal);
    }
  }

  async #listenOnLine(serverId: string, signal: AbortSignal): Promise<void> {
    const { parts, session, say } = this.#options;
    const open = new Map<Channel, SessionQuestions>();
    // One too many ends the stream, which is then opened less and less often.
    const budget = new MinuteBudget(parts.clock);
    await keepListening({
      signal,
      open: async (within) => {
        const server = parts.findServer(serverId);
        if (!server) throw new Error("The server is gone");
        return session.channel(server, within);
      },
      onMessage: (message, channel) => {
        budget.count(message);
        // A question outlives the stream it was asked on: the answer goes to the line, while there is one.
        for (const [line, asked] of open) {
          if (line.isOpen) continue;
          open.delete(line);
          asked[Symbol.dispose]();
        }
        const questions = open.get(channel) ?? sessionQuestions({ session, channel, say });
        open.set(channel, questions);
        const { ask, reply, withdraw } = questions;
        return this.#hear(message, serverId, { ask, reply, withdraw, knowsElicitation: () => true });
      },
    });
    for (const questions of open.values()) questions[Symbol.dispose]();
  }

  /** A modern server has no stream for a session: what the client subscribed to is watched on its behalf. */
  #watchModern(
    server: CatalogServer,
    { uris, before, signal }: { uris: readonly string[]; before: readonly string[]; signal: AbortSignal },
  ): Promise<void> {
    const { parts, session } = this.#options;
    const serverId = server.server.id;
    // Of what was watched until now something may be said before it is watched again; later of all.
    let missed = before.length > 0 ? before : uris;
    return watchServer(
      {
        server,
        era: "modern",
        uris,
        owner: () => session.owner,
        clientInfo: session.client.clientInfo,
        onMessage: (message) => this.#hear(message, serverId, {}),
        startsAfterGap: () => before.length > 0,
        // What was missed meanwhile is not known: the client reads again what it subscribed to.
        onGap: () => {
          const own = this.#subscriptions.filter(
            (one) =>
              one.serverId === serverId && missed.includes(one.uri) && this.#isRead(serverId, one.publicUri),
          );
          missed = uris;
          for (const { publicUri } of own)
            void this.#options.say(
              notificationText("notifications/resources/updated", JSON.stringify({ uri: publicUri })),
            );
        },
        onError: parts.onError,
        signal,
      },
      parts.upstreams,
    );
  }

  /**
   * What is not known to be subscribed to may have been subscribed to a moment ago, on another replica. A
   * server that tells of everything it has is judged by what is known here.
   */
  #hear(message: Message, serverId: string, more: Partial<ServerExchange>): void | Promise<void> {
    const uri = updatedUri(message);
    if (uri === undefined || this.#publicUri(serverId, uri) !== undefined || !this.#mayRead())
      return this.#judge(message, serverId, more);
    return this.#readSubscriptions().then(() => this.#judge(message, serverId, more));
  }

  #mayRead(): boolean {
    const nowMs = this.#options.parts.clock.monotonic();
    const saved = this.#readings + (nowMs - this.#readMs) / readingEveryMs;
    this.#readings = Math.min(saved, maxReadings);
    this.#readMs = nowMs;
    if (this.#readings < 1) return false;
    this.#readings--;
    return true;
  }

  /** One after the other: a reading that had begun before may not have seen what was made since. */
  async #readSubscriptions(): Promise<void> {
    const { parts, session } = this.#options;
    const reading = (this.#reading ?? Promise.resolve())
      .then(() => parts.lines.subscriptions(session.id))
      .then((subscriptions) => {
        this.#subscriptions = subscriptions;
      })
      .catch(parts.onError);
    this.#reading = reading;
    await reading;
  }

  #judge(message: Message, serverId: string, more: Partial<ServerExchange>): void | Promise<void> {
    const { parts, session, say } = this.#options;
    const [server, listener] = [parts.findServer(serverId), this.#options.listener()];
    if (!server || !listener) return undefined;
    const exchange: ServerExchange = {
      server,
      listener,
      client: { capabilities: session.client.capabilities, isReachable: true },
      // The line is the session's alone: whatever token a server names is one of its client's.
      progressToken: anyProgress,
      // The server was told the level itself (`logging/setLevel`).
      log: "all",
      say,
      subscribedUri: (uri) => this.#publicUri(serverId, uri),
      ...more,
    };
    return hear(message, exchange, parts.hearing);
  }

  /**
   * The client's own word for a resource; a server may name a part of one (resources, "Subscriptions"). What was
   * withheld since it was subscribed to is not told of.
   */
  #publicUri(serverId: string, uri: string): string | undefined {
    const own = this.#subscriptions.filter((one) => one.serverId === serverId);
    const known = own.find((one) => one.uri === uri);
    const isPart = own.some((one) => one.uri === one.publicUri && uri.startsWith(one.uri));
    const publicUri = known?.publicUri ?? (isPart ? uri : undefined);
    return publicUri !== undefined && this.#isRead(serverId, publicUri) ? publicUri : undefined;
  }

  #isRead(serverId: string, publicUri: string): boolean {
    const { parts, session } = this.#options;
    const listener = this.#options.listener();
    return listener !== undefined && parts.isReadAt(session.portal, listener, { serverId, publicUri });
  }

  #stop(): void {
    this.#lists?.[Symbol.dispose]();
    for (const { stop } of this.#heard.values()) stop.abort();
    this.#heard.clear();
  }
}

function updatedUri(message: Message): string | undefined {
  if (message.kind !== "notification" || message.method !== "notifications/resources/updated")
    return undefined;
  const uri = message.params?.["uri"];
  return typeof uri === "string" ? uri : undefined;
}
