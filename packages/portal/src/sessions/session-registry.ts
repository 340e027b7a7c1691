/**
 * The legacy sessions of the installation, as far as this replica has touched them. The database knows
 * them all; what is in memory here is kept true by the change log, so that a known session costs no query.
 */
import { grantsTopic, isGranted, reachOf, usersTopic } from "@castellan/access";
import type { Catalog, HearPorts, ListWatches, Upstreams } from "@castellan/calls";
import type { ChangeFeed, Database } from "@castellan/database";
import { createId, isId, kernelFaults, type Clock, type Fault } from "@castellan/kernel";
import type { NotificationMessage, ResponseMessage } from "@castellan/mcp";
import type { Replicas } from "@castellan/replicas";
import type { Vault } from "@castellan/vault";
import { seenBy } from "../connections/connection.ts";
import type { PortalDirectory } from "../portals/portal-directory.ts";
import { endLines } from "./end-lines.ts";
import { createLineStore, type EndedLine } from "./line-store.ts";
import { endRevoked, type Changed } from "./revoked-sessions.ts";
import { sessionEnded, sessionUnknown } from "./session-ended.ts";
import { SessionLoader } from "./session-loader.ts";
import { questionId, SessionMail } from "./session-mail.ts";
import { isOwnedBy, type SessionOwner } from "./session-owner.ts";
import type { SessionParts } from "./session-parts.ts";
import { createSessionStore, sessionsTopic, type NewSession, type SessionsToEnd } from "./session-store.ts";
import { Session } from "./session.ts";

export interface SessionLimits {
  /** A session that nobody uses on any replica ends after this time, milliseconds. Best many times `beatMs`. */
  readonly idleMs: number;
  /** One more session of the same caller ends the one that has been idle longest. */
  readonly maxPerPrincipal: number;
  /** How often the use of sessions is written, and those that were not used are ended. */
  readonly beatMs: number;
}

export const defaultSessionLimits: SessionLimits = {
  idleMs: 60 * 60_000,
  maxPerPrincipal: 200,
  beatMs: 60_000,
};

/** How often is looked whether the owner of a session's stream still lives, where it is another replica. */
const checkStreamsMs = 5_000;

export interface SessionRegistryOptions {
  readonly database: Database;
  readonly vault: Vault;
  readonly changes: ChangeFeed;
  readonly replicas: Replicas;
  readonly catalog: Catalog;
  readonly directory: PortalDirectory;
  readonly upstreams: Upstreams;
  readonly lists: Pick<ListWatches, "retain">;
  /** For what servers say outside of calls. */
  readonly hearing: HearPorts;
  readonly clock: Clock;
  readonly limits?: Partial<SessionLimits>;
  /** Told of defects, and of what could not be written. */
  readonly onError: (error: unknown) => void;
}

/** Dispose of it before the replicas, the change feed and the database: its sessions go on elsewhere, or here again. */
export class SessionRegistry implements AsyncDisposable {
  readonly #parts: SessionParts;
  readonly #options: SessionRegistryOptions;
  readonly #limits: SessionLimits;
  readonly #sessions = new Map<string, Session>();
  readonly #loader: SessionLoader;
  readonly #mail: SessionMail;
  readonly #stop = new DisposableStack();
  #lastQuestion = 0;
  #writtenMs: number;
  #isClosing = false;
  /** Sessions at servers that are being ended. */
  readonly #ending = new Set<Promise<void>>();

  constructor(options: SessionRegistryOptions) {
    const { database, vault, replicas, catalog, directory, upstreams, lists, hearing, clock, onError } =
      options;
    const seenAt: SessionParts["seenAt"] = (portal, chooser) => {
      const whole = directory.find(portal);
      return whole && seenBy(whole, { ...chooser, narrowedTo: undefined });
    };
    this.#options = options;
    this.#limits = { ...defaultSessionLimits, ...options.limits };
    this.#writtenMs = clock.monotonic();
    this.#parts = {
      sessions: createSessionStore(database),
      lines: createLineStore({ database, vault }),
      replicas,
      upstreams,
      findServer: (id) => catalog.servers().find(({ server }) => server.id === id),
      seenAt,
      isReadAt(portal, comer, { serverId, publicUri }) {
        const whole = directory.find(portal);
        const found = seenAt(portal, comer)?.scope("legacy").find("resource", publicUri);
        if (!whole || found?.server.server.id !== serverId) return false;
        const use = { server: found.server.server.slug, toolClass: found.class };
        return isGranted(reachOf(comer.principal, whole.portal), use);
      },
      lists,
      hearing,
      clock,
      nextQuestionId: () => questionId(replicas.id, ++this.#lastQuestion),
      onError,
    };
    this.#loader = new SessionLoader(this.#parts.sessions);
    this.#mail = this.#stop.use(new SessionMail({ replicas, find: (id) => this.known(id), onError }));
    this.#stop.defer(options.changes.on(sessionsTopic, (ids) => this.#changed(ids)));
    for (const topic of ["tokens", "clients", usersTopic, grantsTopic])
      this.#stop.defer(
        options.changes.on(topic, (ids) =>
          this.#callersChanged(
            ids === "all" ? ids : topic === grantsTopic ? { grantIds: ids } : { callerIds: ids },
          ),
        ),
      );
    this.#every(this.#limits.beatMs, () => this.sweep());
    this.#every(checkStreamsMs, () => this.checkStreams());
  }

  /** Sessions in memory here. */
  get size(): number {
    return this.#sessions.size;
  }

  async begin(started: Omit<NewSession, "id">): Promise<Session> {
    const { maxPerPrincipal } = this.#limits;
    const { principalId } = started;
    const id = createId("session");
    const others = await this.#parts.sessions.add({ ...started, id });
    if (others >= maxPerPrincipal) await this.#end({ principalId, beyond: maxPerPrincipal, keep: id });
    return this.#keep(
      new Session(
        { ...started, id, logLevel: undefined, streamOwner: undefined, streamGeneration: 0 },
        this.#parts,
      ),
    );
  }

  /**
   * The caller's own session: at once where it is known here. A session id proves nothing: it works only
   * for the caller and at the portal that it began with. Throws `session_unknown`.
   */
  get(id: string, owner: SessionOwner): Session | Promise<Session> {
    const known = this.#sessions.get(id);
    if (known) return owned(known, owner);
    if (!isId("session", id)) throw sessionUnknown();
    return this.#load(id).then((session) => owned(session, owner));
  }

  /** A session in memory here, whoever's it is. */
  known(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  /** Those at a portal that this replica has touched. */
  at(portal: string): Session[] {
    return [...this.#sessions.values()].filter((session) => session.portal === portal);
  }

  /** Those of a caller that this replica has touched. */
  of(principalId: string): Session[] {
    return [...this.#sessions.values()].filter((session) => session.principalId === principalId);
  }

  /** What a client answers, to the replica that asked. Throws `exchange_lost`. */
  answer(session: Session, answer: ResponseMessage): Promise<void> {
    return this.#mail.answer(session, answer);
  }

  /** What a client says, to whom it concerns. */
  notification(session: Session, notification: NotificationMessage): Promise<void> {
    return this.#mail.notification(session, notification);
  }

  /** Ends a session, on every replica and at its servers. */
  async end({ id }: Pick<Session, "id">): Promise<void> {
    try {
      await this.#end({ id });
    } finally {
      // Where the database is away, nothing more is said here all the same.
      await this.#letGo(this.#sessions.get(id));
    }
  }

  /** Ends the sessions at a portal. */
  async endAt(portal: string): Promise<void> {
    await this.#end({ portal });
  }

  /** Writes down which sessions are in use, and ends those that are not. */
  async sweep(): Promise<void> {
    await this.#writeUse();
    await this.#end({ idleMs: this.#limits.idleMs });
    const { clock } = this.#parts;
    // Used elsewhere, perhaps; what it needs here is opened again when it is.
    for (const session of this.#sessions.values())
      if (session.lastUsedMs < clock.monotonic() - this.#limits.idleMs) await this.#letGo(session);
  }

  /** Takes over the streams of replicas that are gone, where an older one of the same client is here. */
  async checkStreams(): Promise<void> {
    const failed: unknown[] = [];
    // What is wrong with one must not keep the others.
    for (const { stream } of this.#sessions.values())
      await stream.check().catch((error: unknown) => failed.push(error));
    if (failed.length > 0) throw failed[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#stop.dispose();
    await this.#writeUse().catch(this.#parts.onError);
    const stopping = kernelFaults.fault("shutting_down", "This replica is stopping: send the request again");
    await Promise.all([...this.#sessions.values()].map((session) => this.#letGo(session, stopping)));
    await Promise.all(this.#ending);
  }

  #keep(session: Session): Session {
    const raced = this.#sessions.get(session.id);
    if (raced) return raced;
    if (this.#isClosing) throw kernelFaults.fault("shutting_down", "This replica is stopping");
    this.#sessions.set(session.id, session);
    return session;
  }

  async #load(id: string): Promise<Session> {
    const stored = await this.#loader.load(id);
    if (!stored) throw sessionUnknown();
    return this.#keep(new Session(stored, this.#parts));
  }

  async #end(which: SessionsToEnd): Promise<void> {
    for (let isMore = true; isMore;) {
      const { ids, lines, mayBeMore } = await this.#parts.sessions.end<EndedLine[]>(which, (tx, ended) =>
        this.#parts.lines.readEnded(tx, ended),
      );
      await Promise.all(ids.map((id) => this.#letGo(this.#sessions.get(id), sessionEnded())));
      this.#endBehind(lines);
      isMore = mayBeMore;
    }
  }

  /** Whoever ends a session does not wait for servers that may hang. */
  #endBehind(lines: readonly EndedLine[]): void {
    const ended = endLines(lines, this.#parts).finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }

  /** Keeps it in memory no longer. Never rejects. */
  async #letGo(session: Session | undefined, reason: Fault = sessionEnded()): Promise<void> {
    if (!session) return;
    if (this.#sessions.get(session.id) === session) this.#sessions.delete(session.id);
    await session.close(reason);
  }

  async #changed(ids: readonly string[] | "all"): Promise<void> {
    this.#loader.changed(ids);
    const known = ids === "all" ? [...this.#sessions.keys()] : ids.filter((id) => this.#sessions.has(id));
    if (known.length === 0) return;
    const stored = new Map((await this.#parts.sessions.states(known)).map((row) => [row.id as string, row]));
    for (const id of known) {
      const [session, row] = [this.#sessions.get(id), stored.get(id)];
      if (row) session?.changed(row);
      // The feed must not wait for what calls and servers take to hear of it.
      else void this.#letGo(session);
    }
  }

  /** Not awaited: every request asks for its token anyway, and the feed has others to tell. */
  #callersChanged(changed: Changed): void {
    const { database, directory } = this.#options;
    const end = (which: SessionsToEnd) => this.#end(which);
    const gateOf = (portal: string) => directory.find(portal)?.portal;
    const ports = { database, sessions: this.#parts.sessions, gateOf, end };
    endRevoked(ports, changed).catch(this.#parts.onError);
  }

  async #writeUse(): Promise<void> {
    const [since, nowMs] = [this.#writtenMs, this.#parts.clock.monotonic()];
    const used = [...this.#sessions.values()].filter(
      ({ isBusy, lastUsedMs }) => isBusy || lastUsedMs > since,
    );
    await this.#parts.sessions.touch(used.map(({ id }) => id));
    this.#writtenMs = nowMs;
  }

  #every(ms: number, run: () => Promise<void>): void {
    let isRunning = false;
    const timer = setInterval(() => {
      if (isRunning) return;
      isRunning = true;
      void run()
        .catch(this.#parts.onError)
        .finally(() => {
          isRunning = false;
        });
    }, ms).unref();
    this.#stop.defer(() => clearInterval(timer));
  }
}

function owned(session: Session, owner: SessionOwner): Session {
  if (!isOwnedBy(session, owner)) throw sessionUnknown();
  session.touch();
  return session;
}
