/**
 * What the servers of one session say outside of its calls, heard by the replica that has the session's
 * GET stream: the streams of legacy servers, in the session's own lines, and subscriptions at modern ones.
 */
import {
  anyProgress,
  hear,
  sessionQuestions,
  speaks,
  watchServer,
  type CallerSession,
  type CatalogServer,
  type Listener,
  type ServerExchange,
  type SessionQuestions,
} from "@castellan/calls";
import { notificationText, type Channel, type Message } from "@castellan/mcp";
import { keepListening } from "./keep-listening.ts";
import type { Subscription } from "./line-store.ts";
import type { SessionLines } from "./session-lines.ts";
import type { SessionParts } from "./session-parts.ts";

export interface HearingOptions {
  readonly parts: SessionParts;
  readonly session: CallerSession & { readonly portal: string };
  readonly lines: SessionLines;
  /** Says something to the client, outside of requests. */
  readonly say: (text: string) => boolean | Promise<boolean>;
  /** Who hears it, for the record. */
  readonly listener: () => Listener | undefined;
  readonly signal: AbortSignal;
}

interface Heard {
  readonly stop: AbortController;
  /** What is listened to: another kind or other resources are listened to anew. */
  readonly key: string;
}

export class SessionHearing {
  readonly #options: HearingOptions;
  readonly #heard = new Map<string, Heard>();
  #subscriptions: readonly Subscription[] = [];
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
    if (this.#isRenewing) return;
    this.#isRenewing = true;
    void this.#renewAll().finally(() => {
      this.#isRenewing = false;
    });
  }

  async #renewAll(): Promise<void> {
    const { parts, session, lines, signal } = this.#options;
    try {
      while (this.#isStale && !signal.aborted) {
        this.#isStale = false;
        const [kept, subscriptions] = await Promise.all([
          parts.lines.serversOf(session.id),
          parts.lines.subscriptions(session.id),
        ]);
        this.#subscriptions = subscriptions;
        if (!signal.aborted) this.#listenTo(new Set([...kept, ...lines.ownServers()]));
        await lines.tellOwn();
      }
    } catch (error) {
      // The next change, or the next look at the stream, comes to it again.
      this.#isStale = true;
      parts.onError(error);
    }
  }

  #listenTo(withLine: ReadonlySet<string>): void {
    const { parts, session } = this.#options;
    const servers = parts.serversAt(session.portal);
    this.#lists?.[Symbol.dispose]();
    this.#lists = parts.lists.retain(servers);
    const wanted = new Map<string, { key: string; listen: (signal: AbortSignal) => Promise<void> }>();
    for (const server of servers) {
      const { id } = server.server;
      const uris = this.#subscriptions.filter(({ serverId }) => serverId === id).map(({ uri }) => uri);
      if (speaks(server, "legacy")) {
        if (withLine.has(id) || uris.length > 0)
          wanted.set(id, { key: "line", listen: (signal) => this.#listen(id, signal) });
      } else if (uris.length > 0)
        wanted.set(id, {
          key: JSON.stringify([server.server.revision, uris]),
          listen: (signal) => this.#watchModern(server, uris, signal),
        });
    }
    for (const [id, { stop, key }] of this.#heard) {
      if (wanted.get(id)?.key === key) continue;
      stop.abort();
      this.#heard.delete(id);
    }
    for (const [id, { key, listen }] of wanted) {
      if (this.#heard.has(id)) continue;
      const stop = new AbortController();
      this.#heard.set(id, { stop, key });
      void listen(stop.signal);
    }
  }

  async #listen(serverId: string, signal: AbortSignal): Promise<void> {
    const { parts, session, say } = this.#options;
    const open = new Map<Channel, SessionQuestions>();
    await keepListening({
      signal,
      open: async (within) => {
        const server = parts.findServer(serverId);
        if (!server) throw new Error("The server is gone");
        return session.channel(server, within);
      },
      onMessage: (message, channel) => {
        // A question outlives the stream it was asked on: the answer goes to the line.
        const questions = open.get(channel) ?? sessionQuestions({ session, channel, say });
        open.set(channel, questions);
        const { ask, reply, withdraw } = questions;
        return this.#hear(message, serverId, { ask, reply, withdraw, knowsElicitation: () => true });
      },
    });
    for (const questions of open.values()) questions[Symbol.dispose]();
  }

  /** A modern server has no stream for a session: what the client subscribed to is watched on its behalf. */
  #watchModern(server: CatalogServer, uris: readonly string[], signal: AbortSignal): Promise<void> {
    const { parts, session } = this.#options;
    const serverId = server.server.id;
    return watchServer(
      {
        server,
        era: "modern",
        uris,
        clientInfo: session.client.clientInfo,
        onMessage: (message) => this.#hear(message, serverId, {}),
        // What was missed meanwhile is not known: the client reads again what it subscribed to.
        onGap: () => {
          for (const { publicUri } of this.#subscriptions.filter((one) => one.serverId === serverId))
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

  #hear(message: Message, serverId: string, more: Partial<ServerExchange>): void | Promise<void> {
    const { parts, say } = this.#options;
    const [server, listener] = [parts.findServer(serverId), this.#options.listener()];
    if (!server || !listener) return undefined;
    const exchange: ServerExchange = {
      server,
      listener,
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

  /** The client's own word for a resource; a server may name a part of one (resources, "Subscriptions"). */
  #publicUri(serverId: string, uri: string): string | undefined {
    const own = this.#subscriptions.filter((one) => one.serverId === serverId);
    const known = own.find((one) => one.uri === uri);
    if (known) return known.publicUri;
    return own.some((one) => one.uri === one.publicUri && uri.startsWith(one.uri)) ? uri : undefined;
  }

  #stop(): void {
    this.#lists?.[Symbol.dispose]();
    for (const { stop } of this.#heard.values()) stop.abort();
    this.#heard.clear();
  }
}
