/** All legacy sessions of this replica, bounded in number and in idle time. */
import { kernelFaults, type Clock, type Fault } from "@castellan/kernel";
import { mcpFaults } from "@castellan/mcp";
import { Session, type SessionOptions } from "./session.ts";

export interface SessionLimits {
  /** An idle session ends after this time, milliseconds. */
  readonly idleMs: number;
  /** One more session of the same caller ends the one that has been idle longest. */
  readonly maxPerPrincipal: number;
}

export const defaultSessionLimits: SessionLimits = { idleMs: 60 * 60_000, maxPerPrincipal: 200 };

export class SessionRegistry implements AsyncDisposable {
  readonly #sessions = new Map<string, Session>();
  readonly #clock: Clock;
  readonly #limits: SessionLimits;
  readonly #sweeper: NodeJS.Timeout;

  constructor(options: { clock: Clock; limits?: SessionLimits }) {
    this.#clock = options.clock;
    this.#limits = options.limits ?? defaultSessionLimits;
    this.#sweeper = setInterval(() => this.sweep(), Math.min(60_000, this.#limits.idleMs)).unref();
  }

  get size(): number {
    return this.#sessions.size;
  }

  begin(options: Omit<SessionOptions, "clock">): Session {
    const own = this.#of(options.principalId);
    if (own.length >= this.#limits.maxPerPrincipal) {
      // Those in use count as used now, so one of them ends only when all are in use.
      const oldest = own.reduce((a, b) => (b.lastUsedMs < a.lastUsedMs ? b : a));
      void this.end(oldest);
    }
    const session = new Session({ ...options, clock: this.#clock });
    this.#sessions.set(session.id, session);
    return session;
  }

  /** The caller's own session. A session id proves nothing: it works only with the token it began with. */
  get(id: string, owner: { principalId: string; portal: string }): Session {
    const session = this.#sessions.get(id);
    if (!session || session.principalId !== owner.principalId || session.portal !== owner.portal)
      throw mcpFaults.fault("session_unknown", "There is no such session: begin with initialize", {
        field: "Mcp-Session-Id",
      });
    session.touch();
    return session;
  }

  /** Never rejects. */
  async end(session: Session, reason: Fault = sessionEnded()): Promise<void> {
    this.#sessions.delete(session.id);
    await session.close(reason);
  }

  /** Ends what has been idle too long. */
  sweep(): void {
    const idleSince = this.#clock.monotonic() - this.#limits.idleMs;
    for (const session of this.#sessions.values()) if (session.lastUsedMs < idleSince) void this.end(session);
  }

  at(portal: string): Session[] {
    return [...this.#sessions.values()].filter((session) => session.portal === portal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sweeper);
    const stopping = kernelFaults.fault("shutting_down", "The server is stopping: begin with initialize");
    await Promise.all([...this.#sessions.values()].map((session) => this.end(session, stopping)));
  }

  #of(principalId: string): Session[] {
    return [...this.#sessions.values()].filter((session) => session.principalId === principalId);
  }
}

function sessionEnded(): Fault {
  return mcpFaults.fault("session_unknown", "The session has ended: begin with initialize", {
    field: "Mcp-Session-Id",
  });
}
