/** The lines of one session from this replica to its servers, each opened when it is first needed. */
import { allowedFeatures, type Acting, type CatalogServer, type Upstreams } from "@castellan/calls";
import type { Owner } from "@castellan/credentials";
import { abortable, capabilitiesFor, type Channel, type LegacyClient } from "@castellan/mcp";
import { createLineKeeper, type LineKeeper } from "./line-keeper.ts";
import type { LineOwner, LineStore } from "./line-store.ts";
import { noWishes, tellWishes, type LineWishes } from "./line-wishes.ts";

export interface SessionLinesOptions {
  readonly session: LineOwner;
  readonly client: LegacyClient;
  /** Whom the session's requests are made for, as they are known at this moment. */
  readonly owner: () => Owner;
  readonly upstreams: Upstreams;
  readonly store: LineStore;
  readonly findServer: (id: string) => CatalogServer | undefined;
  /** What the client wants of this server, as of now. */
  readonly wishesOf: (serverId: string) => Promise<LineWishes>;
  /** Told when a line was opened that other replicas do not know of. */
  readonly onOwnLine: () => void;
  readonly signal: AbortSignal;
}

interface Line {
  readonly to: CatalogServer;
  readonly acting: Acting;
  readonly keeper: LineKeeper;
  readonly channel: Promise<Channel>;
  /** What the server was told on this line, where it is this replica's alone. */
  told: LineWishes;
  /** Stops following whether the owner has another account. */
  stop: () => void;
  /** Settles when the server has heard, or will not hear, what it was told so far. */
  telling: Promise<void>;
}

/** Time to open a line to a server, milliseconds. */
const openTimeoutMs = 30_000;

/** Time for a server to hear what its client wants, milliseconds. */
const tellTimeoutMs = 30_000;

export class SessionLines {
  readonly #options: SessionLinesOptions;
  readonly #lines = new Map<string, Line>();

  constructor(options: SessionLinesOptions) {
    this.#options = options;
  }

  async channel(server: CatalogServer, signal: AbortSignal): Promise<Channel> {
    const acting = await abortable(this.#identify(server), signal);
    const known = this.#lines.get(server.server.id);
    if (known && isSameLine(known, { to: server, acting })) {
      const channel = await abortable(orUndefined(known.channel), signal);
      if (channel?.isOpen) return channel;
    }
    // Somebody else may have found the same line broken, and opened another meanwhile.
    const raced = this.#lines.get(server.server.id);
    const isNew = raced && raced !== known && isSameLine(raced, { to: server, acting });
    const line = isNew ? raced : this.#open(server, acting, raced ?? known);
    return abortable(line.channel, signal);
  }

  /** The servers to which only this replica has a line: what is said to them has to be said here. */
  ownServers(): string[] {
    return [...this.#lines].filter(([, { keeper }]) => !keeper.isKept).map(([id]) => id);
  }

  /** Calls with each line that the session has, on whatever replica it was opened. Never rejects. */
  async onAll(run: (channel: Channel, server: CatalogServer) => Promise<unknown>): Promise<void> {
    const kept = await this.#options.store.serversOf(this.#options.session.id);
    await this.#on([...new Set([...kept, ...this.ownServers()])], run);
  }

  /** Calls with each line that only this replica has. Never rejects. */
  onOwn(run: (channel: Channel, server: CatalogServer) => Promise<unknown>): Promise<void> {
    return this.#on(this.ownServers(), run);
  }

  /** Tells the servers of this replica's own lines what another replica took down. Never rejects. */
  tellOwn(): void {
    for (const id of this.ownServers()) {
      const line = this.#lines.get(id);
      if (!line) continue;
      // One telling after the other: what was told last is what the server knows.
      line.telling = line.telling.then(() => this.#tell(line)).catch(() => undefined);
    }
  }

  async #tell(line: Line): Promise<void> {
    const { wishesOf, signal: closing } = this.#options;
    const channel = await line.channel;
    const [before, now] = [line.told, await wishesOf(line.to.server.id)];
    const signal = AbortSignal.any([closing, AbortSignal.timeout(tellTimeoutMs)]);
    await tellWishes((request) => channel.request(request), line.to, { before, now, signal });
    line.told = now;
  }

  /** Closes the lines. What they were to the servers goes on, for other replicas. Never rejects. */
  async close(): Promise<void> {
    const lines = [...this.#lines.values()];
    this.#lines.clear();
    for (const { stop } of lines) stop();
    await Promise.allSettled(lines.map(async ({ channel }) => (await channel)[Symbol.asyncDispose]()));
  }

  async #on(
    serverIds: readonly string[],
    run: (channel: Channel, server: CatalogServer) => Promise<unknown>,
  ): Promise<void> {
    const { findServer, signal } = this.#options;
    await Promise.allSettled(
      serverIds.map(async (id) => {
        const server = findServer(id);
        if (server?.state.legacy) await run(await this.channel(server, signal), server);
      }),
    );
  }

  /** Their owner is looked up anew with each request. */
  async #identify(server: CatalogServer): Promise<Acting> {
    const { upstreams, owner } = this.#options;
    const { identity } = await upstreams.identify(server, owner());
    return {
      identity,
      get owner() {
        return owner();
      },
    };
  }

  /** The line is opened for all who will use it: the signal of one must not end it. */
  #open(server: CatalogServer, acting: Acting, stale: Line | undefined): Line {
    const { session, store, upstreams } = this.#options;
    const { id, revision, url } = server.server;
    const keeper = createLineKeeper(store, session, { id, revision, url, acting });
    const line: Line = {
      to: server,
      acting,
      keeper,
      channel: this.#connect(server, acting, keeper),
      told: noWishes,
      telling: Promise.resolve(),
      stop: () => undefined,
    };
    this.#lines.set(id, line);
    line.channel.then(
      () => {
        if (!keeper.isKept) this.#options.onOwnLine();
      },
      () => {
        line.stop();
        if (this.#lines.get(id) === line) this.#lines.delete(id);
      },
    );
    line.stop = upstreams.onMoved(server, acting, () => this.#drop(line));
    if (stale) void putAway(stale, line);
    return line;
  }

  /** What its account was to the server, no other is. */
  #drop(line: Line): void {
    const { id } = line.to.server;
    if (this.#lines.get(id) === line) this.#lines.delete(id);
    void putAway(line, line);
  }

  async #connect(server: CatalogServer, acting: Acting, keeper: LineKeeper): Promise<Channel> {
    const { upstreams, client, wishesOf, signal: closing } = this.#options;
    const { id } = server.server;
    const signal = AbortSignal.any([closing, AbortSignal.timeout(openTimeoutMs)]);
    // A server is told of what it may use only: the rest would be refused.
    const told = capabilitiesFor("legacy", client.capabilities, allowedFeatures(server.server));
    const channel = await upstreams.openLegacy(server, { ...client, capabilities: told }, acting, signal, {
      keeper,
      afterOpen: async (request) => {
        const now = await wishesOf(id);
        // Also in sessions that are opened long after this one: each opening has its own time-out.
        await tellWishes(request, server, { now, signal: closing });
        const line = this.#lines.get(id);
        if (line?.keeper === keeper) line.told = now;
      },
    });
    if (!closing.aborted) return channel;
    await channel[Symbol.asyncDispose]();
    throw closing.reason;
  }
}

/** An entry of the catalog is replaced at each sync; a line stays good while the address is the same. */
function isSameLine(a: Pick<Line, "to" | "acting">, b: Pick<Line, "to" | "acting">): boolean {
  return isSameAddress(a.to, b.to) && a.acting.identity === b.acting.identity;
}

function isSameAddress({ server: a }: CatalogServer, { server: b }: CatalogServer): boolean {
  return a.revision === b.revision && a.url === b.url;
}

/** Of a server that moved or changed nothing is wanted any more where it was. */
async function putAway({ to, channel, stop }: Line, next: Line): Promise<void> {
  stop();
  const stale = await orUndefined(channel);
  if (stale?.end && !isSameAddress(to, next.to)) await stale.end().catch(() => undefined);
  else await stale?.[Symbol.asyncDispose]();
}

async function orUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch {
    return undefined;
  }
}
