/**
 * What servers list to each caller, where that is another list than the next one's: read as the caller when it is first
 * looked at, and held in the memory of this replica. It is read again after some minutes, when the server says that its lists
 * have changed, when its entry in the catalog says something else, and when the caller has another account there; what was
 * read with one account is never shown with another. A list that takes long is waited for briefly and once: until it is there
 * its caller is shown what is without it, and is told when it is.
 */
import { setTimeout } from "node:timers/promises";
import { accountKey, type AccountChange, type Owner } from "@castellan/credentials";
import type { Clock } from "@castellan/kernel";
import type { ClientIdentity } from "@castellan/mcp";
import { speaks, type Catalog, type CatalogServer } from "../catalog/catalog.ts";
import type { CallCredentials } from "../credentials/ports.ts";
import type { Upstreams } from "../upstreams/upstreams.ts";
import { hasOwnLists } from "./list-owners.ts";
import { BriefWaits } from "./brief-waits.ts";
import { HeldLists, nothingYet, type Held } from "./held-lists.ts";
import { ownEntry, type OwnEntry } from "./own-entry.ts";
import { listKey, type OwnLists } from "./own-lists.ts";
import { tryToRead } from "./try-to-read.ts";

export interface PersonalLists extends AsyncDisposable {
  /** What the owner has at the server as far as it is known now; what is not is read. Undefined: what the catalog says. */
  entryOf(server: CatalogServer, owner: Owner): OwnEntry | undefined;
  /** The entry of whoever has nothing of their own there. Undefined: what the catalog says. */
  emptyEntryOf(server: CatalogServer, owner: Owner): OwnEntry | undefined;
  /** What is worth waiting for before the owner is shown these servers: resolves in 2 seconds at the latest. Undefined: nothing. */
  pending(servers: readonly CatalogServer[], owner: Owner): Promise<void> | undefined;
  /** The server says that its lists are others. */
  listChanged(serverId: string): void;
  /** Told with the owner's id when what they have somewhere may be something else. Returns how to stop. */
  onChange(listener: (ownerId: string) => void): () => void;
}

export interface PersonalListsOptions {
  readonly upstreams: Upstreams;
  readonly credentials: Pick<CallCredentials, "onChange">;
  readonly catalog: Pick<Catalog, "findById" | "onChange">;
  readonly identity: ClientIdentity;
  readonly clock: Clock;
  /** What somebody is listed has other words than the catalog: it may have been read too long ago. */
  readonly onOutdated: (serverId: string) => void;
  /** Told of defects; what a server does wrong is none. */
  readonly onError: (error: unknown) => void;
  /** Default 5 minutes. */
  readonly ttlMs?: number;
}

const defaultTtlMs = 5 * 60_000;
/** After a failure that may pass. */
const afterFailureMs = 30_000;
/** Between two readings for the same owner: a server may say that its lists change without end. */
const gapMs = 1_000;

export function createPersonalLists(options: PersonalListsOptions): PersonalLists {
  const { upstreams, credentials, catalog, identity, clock, onOutdated, onError } = options;
  const ttlMs = options.ttlMs ?? defaultTtlMs;
  const held = new HeldLists();
  const listeners = new Set<(ownerId: string) => void>();
  const waits = new BriefWaits(clock);
  /** By server: the catalog's fingerprint of which it was said that it may be outdated. */
  const outdated = new Map<string, string>();
  const readings = new Set<Promise<void>>();
  const stopping = new AbortController();
  const stop = new DisposableStack();

  const tell = (ownerId: string) => {
    for (const listener of listeners) listener(ownerId);
  };

  /** What is due is read, and what is there meanwhile comes back. */
  function look(server: CatalogServer, owner: Person): Held {
    const key = keyOf(server.server.id, owner);
    const known = held.get(key) ?? held.add(key, nothingYet(server.server.id, owner.id));
    const isDue = clock.monotonic() >= known.dueMs || known.basis !== basisOf(server);
    if (isDue && !known.reading && !stopping.signal.aborted) begin(known, server, owner);
    return known;
  }

  function begin(one: Held, server: CatalogServer, owner: Person): void {
    const nowMs = clock.monotonic();
    const pauseMs = Math.max(0, one.begunMs + gapMs - nowMs);
    one.begunMs = nowMs + pauseMs;
    one.basis = basisOf(server);
    one.dueMs = Number.POSITIVE_INFINITY;
    const reading = read(one, { server, owner, pauseMs }).catch((error: unknown) => {
      if (stopping.signal.aborted) return;
      one.isKnown = true;
      one.dueMs = clock.monotonic() + afterFailureMs;
      onError(error);
    });
    one.reading = reading;
    readings.add(reading);
    void reading.finally(() => {
      readings.delete(reading);
      if (one.reading !== reading) return;
      one.reading = undefined;
      held.weigh(clock.monotonic());
      // It changed while it was read: whoever listens looks again.
      if (one.dueMs === 0) tell(one.ownerId);
    });
  }

  async function read(one: Held, { server, owner, pauseMs }: Asked): Promise<void> {
    const { turn } = one;
    const isStill = () => one.turn === turn && !stopping.signal.aborted;
    if (pauseMs > 0) await setTimeout(pauseMs, undefined, { signal: stopping.signal, ref: false });
    const found = await tryToRead(server, owner, one, { upstreams, identity, stopping: stopping.signal });
    if (!isStill()) return;
    const isSameAccount = found.identity !== undefined && one.identity === found.identity;
    const before = one.lists;
    const wasKnown = one.isKnown;
    if (found.lists) one.lists = found.lists.digest === before?.digest ? before : found.lists;
    // What was listed a while ago is better than nothing, as long as it is the same account's.
    else if (!found.passes || !isSameAccount) one.lists = undefined;
    one.identity = found.identity;
    one.isKnown = true;
    const untilMs = found.passes ? afterFailureMs : ttlMs;
    one.dueMs = Math.min(one.dueMs, clock.monotonic() + untilMs);
    if (one.lists !== before || !wasKnown) tell(one.ownerId);
    if (one.lists) compare(server, one.lists);
  }

  function compare({ server, definitions, definitionsFingerprint }: CatalogServer, lists: OwnLists): void {
    if (outdated.get(server.id) === definitionsFingerprint) return;
    const isOther = definitions.some((one) => {
      const own = one.kind === "resource" ? undefined : lists.fingerprints.get(listKey(one));
      return own !== undefined && own !== one.fingerprint;
    });
    if (!isOther) return;
    outdated.set(server.id, definitionsFingerprint);
    onOutdated(server.id);
  }

  /** What was read with an account that they have no more is gone at once. */
  function accountChanged({ targetId, owner, identity: now }: AccountChange): void {
    if (owner.kind !== "person") return;
    const one = held.get(accountKey(targetId, owner));
    if (one && one.identity !== now) {
      // What is being read of the account before is worth nothing any more.
      one.turn += 1;
      one.reading = undefined;
      one.lists = undefined;
      one.identity = undefined;
      one.isKnown = false;
      one.dueMs = 0;
      one.begunMs = Number.NEGATIVE_INFINITY;
    }
    tell(owner.id);
  }

  function serversChanged(ids: readonly string[]): void {
    for (const id of ids) {
      if (catalog.findById(id)) continue;
      held.dropServer(id);
      outdated.delete(id);
      waits.dropServer(id);
    }
  }

  stop.defer(credentials.onChange(accountChanged));
  stop.defer(catalog.onChange(serversChanged));

  return {
    entryOf(server, owner) {
      if (!hasOwnLists(server, owner)) return undefined;
      return ownEntry(server, isPerson(owner) ? look(server, owner).lists : undefined);
    },
    emptyEntryOf: (server, owner) => (hasOwnLists(server, owner) ? ownEntry(server, undefined) : undefined),
    pending(servers, owner) {
      if (!isPerson(owner)) return undefined;
      const own = servers.filter((server) => hasOwnLists(server, owner));
      return waits.for(own.flatMap((server) => held.get(keyOf(server.server.id, owner)) ?? []));
    },
    listChanged(serverId) {
      for (const one of held.at(serverId)) {
        if (one.dueMs === 0) continue;
        // One that is under way may have begun before the change.
        one.dueMs = 0;
        tell(one.ownerId);
      }
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async [Symbol.asyncDispose]() {
      stop.dispose();
      stopping.abort();
      await Promise.all(readings);
    },
  };
}

/** Who may have lists of their own: a person, or a program that is known to servers by name. */
type Person = Extract<Owner, { kind: "person" | "program" }>;

interface Asked {
  readonly server: CatalogServer;
  readonly owner: Person;
  readonly pauseMs: number;
}

function isPerson(owner: Owner): owner is Person {
  return owner.kind === "person" || owner.kind === "program";
}

/** That of their account there: the ids of persons and programs are never alike. */
function keyOf(serverId: string, { id }: Person): string {
  return `${serverId}.${id}`;
}

/** What lists are read by, and compared with. */
function basisOf(server: CatalogServer): string {
  return `${server.server.revision} ${String(speaks(server, "modern"))} ${server.definitionsFingerprint}`;
}
