/**
 * The GET streams of one session on this replica (2025-11-25, transports, "Listening for Messages from the
 * Server"). Whatever is said outside of requests is said once, on the newest stream of the session: the
 * replica that holds it owns the session's hearing, and says so in the session's row.
 *
 * Older streams stay open and are told nothing, so that a client with two does not open them in turns for
 * ever; one of them goes on when the newest is gone, or its replica.
 */
import { messageEvent, notificationText } from "@castellan/mcp";
import { SeenLists } from "../answers/seen-lists.ts";
import { listChangedMethod, type ListName } from "../portals/list-changes.ts";
import type { OpenPortal } from "../portals/open-portal.ts";
import type { EventStream } from "../streams/event-stream.ts";
import { SessionHearing, type HearingOptions } from "./session-hearing.ts";
import type { Hearer, SessionParts } from "./session-parts.ts";
import { sessionEnded } from "./session-ended.ts";
import type { SessionState } from "./session-store.ts";

interface Attached {
  readonly events: EventStream;
  /** Who hears it: somebody's token may come to be good for more, or less. */
  readonly listener: () => Hearer;
}

interface Owned {
  readonly generation: number;
  readonly stop: AbortController;
  /** Aborts when the stream is another replica's, or might be: the lease has lapsed. */
  readonly signal: AbortSignal;
  readonly hearing: SessionHearing;
  readonly lists: SeenLists;
}

export type SessionStreamOptions = Omit<HearingOptions, "say" | "listener" | "signal"> & {
  readonly parts: SessionParts;
  /** A client has left its stream. */
  readonly onLeft: () => void;
};

export class SessionStream {
  readonly #options: SessionStreamOptions;
  #attached: Attached[] = [];
  #owned: Owned | undefined;
  /** The newest that the change log has told of. */
  #seenGeneration = 0;
  /** Takings and leavings, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: SessionStreamOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#attached.length > 0;
  }

  /** Whether what is said now would be said here. */
  get isOwned(): boolean {
    return this.#owned?.signal.aborted === false;
  }

  /** A stream of the client's; resolves when it is the one to speak on. Throws `session_unknown`. */
  async attach(events: EventStream, listener: () => Hearer): Promise<Disposable> {
    const attached = { events, listener };
    this.#attached.push(attached);
    const detach = () => {
      this.#attached = this.#attached.filter((one) => one !== attached);
      this.#options.onLeft();
      if (!this.isOpen) void this.#leave();
    };
    try {
      await this.#inTurn(() => this.#take());
    } catch (error) {
      detach();
      throw error;
    }
    return { [Symbol.dispose]: detach };
  }

  /** Says something on the newest stream, if this replica has it; false when nobody hears it here. */
  say(text: string): boolean | Promise<boolean> {
    const newest = this.#attached.at(-1);
    return newest !== undefined && this.isOwned && newest.events.write(messageEvent(text));
  }

  /** The session's row, its lines or its subscriptions have changed. */
  changed({ streamOwner, streamGeneration }: SessionState): void {
    this.#seenGeneration = Math.max(this.#seenGeneration, streamGeneration);
    if (this.#owned && streamGeneration > this.#owned.generation) this.#lose();
    if (this.#owned) this.#owned.hearing.renew();
    else if (this.isOpen && streamOwner === undefined)
      void this.#inTurn(() => this.#take({ owner: undefined })).catch(this.#options.parts.onError);
  }

  /** This replica has opened or changed a line that no other knows of. */
  linesChanged(): void {
    this.#owned?.hearing.renew();
  }

  /** The portal is another one to its client, perhaps: its servers, and these of its lists. */
  portalChanged(changed: readonly ListName[] = []): void {
    if (!this.#owned) return;
    this.#owned.hearing.serversChanged();
    for (const list of this.#owned.lists.changes(this.#seen(), changed))
      void this.say(notificationText(listChangedMethod(list)));
  }

  /**
   * Takes over when the owner is gone, or this replica itself was taken for gone; comes again to what could
   * not be listened to. Throws what the database does.
   */
  async check(): Promise<void> {
    const { parts, session } = this.#options;
    if (this.isOwned) return this.#owned?.hearing.retry();
    if (!this.isOpen) return;
    const [stored] = await parts.sessions.states([session.id]);
    const owner = stored?.streamOwner;
    if (
      !stored ||
      (owner !== undefined && owner !== parts.replicas.id && (await parts.replicas.isAlive(owner)))
    )
      return;
    await this.#inTurn(() => this.#take({ owner }));
  }

  /** Ends all streams, and leaves the session's hearing to others. Never rejects. */
  async close(): Promise<void> {
    for (const { events } of this.#attached) events.close();
    this.#attached = [];
    await this.#leave();
  }

  async #take(from?: { owner: string | undefined }): Promise<void> {
    const { parts, session } = this.#options;
    if (!this.isOpen || this.isOwned) return;
    // The lease ran out: what was owned is owned no more, though nobody may have taken it.
    this.#lose();
    const { lapsed } = parts.replicas;
    lapsed.throwIfAborted();
    const generation = await parts.sessions.takeStream(session.id, parts.replicas.id, from);
    if (generation === undefined) {
      if (from) return;
      throw sessionEnded();
    }
    // Another replica has taken it since, and this one was told before it knew that it had it.
    if (generation < this.#seenGeneration) return;
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, lapsed]);
    const hearing = new SessionHearing({
      ...this.#options,
      say: (text) => this.say(text),
      listener: () => this.#listener(),
      signal,
    });
    const lists = new SeenLists("legacy", this.#seen());
    this.#owned = { generation, stop, signal, hearing, lists };
    hearing.renew();
    if (!this.isOpen) void this.#leave();
  }

  /** Never rejects: who comes after does not need the row to be true. */
  #leave(): Promise<void> {
    return this.#inTurn(async () => {
      const owned = this.#owned;
      if (!owned || this.isOpen) return;
      this.#lose();
      await this.#options.parts.sessions.leaveStream(this.#options.session.id, owned.generation);
    }).catch(() => undefined);
  }

  #listener(): Hearer | undefined {
    return this.#attached.at(-1)?.listener();
  }

  #seen(): OpenPortal | undefined {
    const { parts, session } = this.#options;
    const listener = this.#listener();
    return listener && parts.seenAt(session.portal, listener);
  }

  #lose(): void {
    this.#owned?.stop.abort();
    this.#owned = undefined;
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(run);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}
