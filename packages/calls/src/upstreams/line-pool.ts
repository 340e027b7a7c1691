/**
 * Lines to legacy servers for callers who have no sessions of their own. A call takes one for itself and
 * gives it back; until it is reaped, the next call of the same caller with the same capabilities finds it.
 * Lines are never shared between callers, nor between two accounts of one caller: a server may keep in its session
 * whatever it learned there.
 */
import { createHash } from "node:crypto";
import type { Owner } from "@castellan/credentials";
import { clientFeatures, declares, type Channel, type LegacyClient } from "@castellan/mcp";
import type { Catalog, CatalogServer } from "../catalog/catalog.ts";
import type { Acting } from "../credentials/acting.ts";
import { callFaults } from "../faults.ts";
import { Line } from "./line.ts";
import type { Upstreams } from "./upstreams.ts";

export interface LineWanted {
  readonly principalId: string;
  /** The same caller, as credentials know them. */
  readonly owner: Owner;
  readonly server: CatalogServer;
  /** As the server is told of the client: version, capabilities less what is not allowed, name. */
  readonly client: LegacyClient;
}

/** A line for as long as a call needs it. */
export interface Lease {
  readonly line: Line;
  /**
   * Gives the line back: to the next call when it is clean (no call under way, no question open) and
   * still usable, else it is closed. Called once.
   */
  end(isClean: boolean): Promise<void>;
}

export interface LinePool extends AsyncDisposable {
  /**
   * Throws `calls_limited` when the caller has all its lines to this server in use, and what opening a
   * line throws (`Channel.request`).
   */
  checkout(wanted: LineWanted, signal: AbortSignal): Promise<Lease>;
  /** How many lines there are: in use and idle. */
  readonly size: number;
}

export interface LineLimits {
  /** An idle line is closed after this time, milliseconds. */
  readonly idleMs: number;
  /** Lines of one caller to one server. */
  readonly maxPerCaller: number;
  /** Idle lines of this replica. */
  readonly maxIdle: number;
}

export const defaultLineLimits: LineLimits = { idleMs: 5 * 60_000, maxPerCaller: 64, maxIdle: 1_024 };

export interface LinePoolOptions {
  readonly upstreams: Pick<Upstreams, "identify" | "onMoved" | "openLegacy">;
  readonly catalog: Pick<Catalog, "find" | "onChange">;
  readonly limits?: LineLimits;
}

interface Entry {
  readonly line: Line;
  readonly key: string;
  /** Who has it, and to which server. */
  readonly place: string;
  readonly server: CatalogServer;
  readonly acting: Writable<Acting>;
  /** Stops following whether its caller has another account. */
  readonly stop: () => void;
  isMoved: boolean;
  reaper: NodeJS.Timeout | undefined;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

export function createLinePool(options: LinePoolOptions): LinePool {
  return new Pool(options);
}

class Pool implements LinePool {
  readonly #upstreams: LinePoolOptions["upstreams"];
  readonly #catalog: LinePoolOptions["catalog"];
  readonly #limits: LineLimits;
  readonly #stopFollowing: () => void;
  readonly #closing = new AbortController();
  /** The idle ones, the longest idle first. */
  readonly #idle = new Set<Entry>();
  readonly #idleByKey = new Map<string, Entry[]>();
  readonly #all = new Set<Entry>();
  /** Lines by place, those that are being opened included. */
  readonly #counts = new Map<string, number>();

  constructor({ upstreams, catalog, limits = defaultLineLimits }: LinePoolOptions) {
    this.#upstreams = upstreams;
    this.#catalog = catalog;
    this.#limits = limits;
    this.#stopFollowing = catalog.onChange((ids) => this.#closeChanged(new Set(ids)));
  }

  get size(): number {
    return this.#all.size;
  }

  async checkout(wanted: LineWanted, signal: AbortSignal): Promise<Lease> {
    const acting = await this.#upstreams.identify(wanted.server, wanted.owner);
    const key = keyOf(wanted, acting);
    for (let entry = this.#takeIdle(key); entry; entry = this.#takeIdle(key)) {
      entry.acting.owner = wanted.owner;
      if (entry.line.isUsable && !entry.isMoved) return this.#lease(entry);
      void this.#close(entry);
    }
    return this.#lease(await this.#open(wanted, { key, acting }, signal));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopFollowing();
    this.#closing.abort();
    await Promise.all([...this.#all].map((entry) => this.#close(entry)));
  }

  #lease(entry: Entry): Lease {
    return { line: entry.line, end: (isClean) => this.#takeBack(entry, isClean) };
  }

  async #open(
    { principalId, server, client }: LineWanted,
    { key, acting }: Pick<Entry, "key" | "acting">,
    signal: AbortSignal,
  ): Promise<Entry> {
    const place = JSON.stringify([principalId, server.server.id]);
    this.#makeRoom(place, server);
    this.#count(place, 1);
    try {
      const within = AbortSignal.any([signal, this.#closing.signal]);
      const line = await this.#openLine({ server, client, acting }, within);
      const stop = this.#upstreams.onMoved(server, acting, () => this.#moved(entry));
      const entry: Entry = { line, key, place, server, acting, stop, isMoved: false, reaper: undefined };
      this.#all.add(entry);
      return entry;
    } catch (error) {
      this.#count(place, -1);
      throw error;
    }
  }

  async #openLine(
    { server, client, acting }: Pick<LineWanted, "server" | "client"> & Pick<Entry, "acting">,
    signal: AbortSignal,
  ): Promise<Line> {
    // There is no line yet when its first session is opened.
    const opened: { line?: Line } = {};
    const afterOpen = async (request: Channel["request"]) => opened.line?.restore(request);
    const channel = await this.#upstreams.openLegacy(server, client, acting, signal, { afterOpen });
    return (opened.line = await Line.open({ channel, mayAsk: mayAsk(client.capabilities) }));
  }

  /** Room for one more. An idle line of another key gives way. Throws `calls_limited`. */
  #makeRoom(place: string, { server }: CatalogServer): void {
    const { maxPerCaller } = this.#limits;
    if ((this.#counts.get(place) ?? 0) < maxPerCaller) return;
    const idle = [...this.#idle].find((entry) => entry.place === place);
    if (!idle)
      throw callFaults.fault(
        "calls_limited",
        `This caller has ${maxPerCaller} calls under way at server "${server.slug}", those that wait for its answers among them`,
      );
    void this.#close(idle);
  }

  async #takeBack(entry: Entry, isClean: boolean): Promise<void> {
    entry.line.rest();
    const isGood = isClean && entry.line.isUsable && !entry.isMoved && this.#isCurrent(entry);
    if (!isGood || this.#closing.signal.aborted) return this.#close(entry);
    entry.reaper = setTimeout(() => void this.#close(entry), this.#limits.idleMs).unref();
    this.#idle.add(entry);
    const sameKey = this.#idleByKey.get(entry.key) ?? [];
    this.#idleByKey.set(entry.key, [...sameKey, entry]);
    const [oldest] = this.#idle;
    if (oldest && this.#idle.size > this.#limits.maxIdle) await this.#close(oldest);
  }

  /** The one used last: the others get to be old. */
  #takeIdle(key: string): Entry | undefined {
    const entry = this.#idleByKey.get(key)?.at(-1);
    if (entry) this.#unshelve(entry);
    return entry;
  }

  #unshelve(entry: Entry): void {
    clearTimeout(entry.reaper);
    if (!this.#idle.delete(entry)) return;
    const left = this.#idleByKey.get(entry.key)?.filter((other) => other !== entry) ?? [];
    if (left.length > 0) this.#idleByKey.set(entry.key, left);
    else this.#idleByKey.delete(entry.key);
  }

  /** Never rejects: a server that cannot be told is gone. */
  async #close(entry: Entry): Promise<void> {
    this.#unshelve(entry);
    if (!this.#all.delete(entry)) return;
    entry.stop();
    this.#count(entry.place, -1);
    await entry.line[Symbol.asyncDispose]().catch(() => undefined);
  }

  /** A call that is under way on it may end; another one is not made on it. */
  #moved(entry: Entry): void {
    entry.isMoved = true;
    if (this.#idle.has(entry)) void this.#close(entry);
  }

  #count(place: string, by: 1 | -1): void {
    const count = (this.#counts.get(place) ?? 0) + by;
    if (count > 0) this.#counts.set(place, count);
    else this.#counts.delete(place);
  }

  #closeChanged(serverIds: ReadonlySet<string>): void {
    for (const entry of this.#idle)
      if (serverIds.has(entry.server.server.id) && !this.#isCurrent(entry)) void this.#close(entry);
  }

  #isCurrent({ server }: Entry): boolean {
    const now = this.#catalog.find(server.server.slug);
    return now !== undefined && addressOf(now) === addressOf(server);
  }
}

/**
 * What is to be the same for a line to serve another call; hashed, since a client says of itself what it likes. A token that
 * says who calls also says by which client, where, and in which groups they are: a session that was opened by one goes on
 * with what the server learned of it.
 */
function keyOf({ principalId, owner, server, client }: LineWanted, { identity }: Acting): string {
  const { version, capabilities, clientInfo } = client;
  const parts = [principalId, owner, identity, addressOf(server), version, capabilities, clientInfo];
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url");
}

function addressOf({ server, state }: CatalogServer): string {
  return JSON.stringify([server.id, server.revision, server.url, state.legacy?.transport]);
}

function mayAsk(capabilities: string): boolean {
  return clientFeatures.some((feature) => declares(capabilities, feature));
}
