/** Reads everything that a server offers into the catalog. */
import { isFault, kernelFaults, type Clock, type Fault, type Id, type Slug } from "@castellan/kernel";
import {
  isLegacyVersion,
  listAll,
  type Channel,
  type ClientIdentity,
  type Era,
  type Probed,
} from "@castellan/mcp";
import type { DefinitionStore, SyncFindings } from "../catalog/definition-store.ts";
import { capabilityKinds, kinds, nameOf, type FoundDefinition } from "../catalog/definition.ts";
import { findInstructions } from "../catalog/instructions.ts";
import { toPublicName } from "../catalog/public-name.ts";
import type { SyncTurn, TakenTurn } from "../catalog/sync-turns.ts";
import type { ServerState, SyncError } from "../servers/server.ts";
import { unusableHeaders, type Headers } from "../servers/server-headers.ts";
import type { StoredServer } from "../servers/server-row.ts";
import type { ServerStore } from "../servers/server-store.ts";
import { withoutSecrets } from "../servers/without-secrets.ts";
import type { Upstreams } from "./upstreams.ts";

export interface Syncer {
  /**
   * Asks the server for all its lists and stores them. When that fails, what an earlier sync found
   * stays, and the failure is in the state that comes back. Throws `server_unknown`.
   */
  sync(slug: string, signal: AbortSignal): Promise<StoredServer>;
  /**
   * The same, once over all replicas: only when no sync of the server is under way, and the last one
   * began at least `gapMs` ago. A server that is no longer there is `gone`.
   */
  syncOnce(id: Id<"server">, gapMs: number, signal: AbortSignal): Promise<SyncAttempt>;
}

export type SyncAttempt =
  | { readonly kind: "synced"; readonly stored: StoredServer }
  | TakenTurn
  | { readonly kind: "gone" };

/** What a sync may take beyond its time-out, for the database to answer, milliseconds. */
const graceMs = 30_000;

export function createSyncer(options: {
  servers: ServerStore;
  definitions: DefinitionStore;
  upstreams: Upstreams;
  identity: ClientIdentity;
  clock: Clock;
  timeoutMs: number;
  /** Told how each attempt ended. */
  onSync?: (synced: StoredServer) => void;
}): Syncer {
  const { servers, definitions, upstreams, identity, clock } = options;

  async function read(stored: StoredServer, signal: AbortSignal): Promise<SyncFindings> {
    const startedMs = clock.monotonic();
    const headers = await servers.headersOf(stored.server.id);
    const probed = await upstreams.find({ server: stored.server, headers }, signal);
    try {
      const line = probed.modern ?? probed.legacy?.channel;
      if (!line) throw kernelFaults.fault("internal_error", "A probe found no era and no fault");
      const found = await readLists(line, stored.server.slug, identity, signal);
      const eras = toEras(probed, stored.state);
      const told = findInstructions(eras);
      const definitions = [...found.definitions, ...told.definitions];
      const skipped = [...told.skipped, ...found.skipped];
      const latencyMs = clock.monotonic() - startedMs;
      return { ...eras, definitions, skipped, foundBelow: probed.below, latencyMs };
    } finally {
      await probed.legacy?.channel[Symbol.asyncDispose]();
    }
  }

  const leaseMs = options.timeoutMs + graceMs;

  /** Reads and writes, and ends the turn in any case. */
  async function take(turn: SyncTurn, stored: StoredServer, signal: AbortSignal): Promise<void> {
    const { id } = stored.server;
    const timeout = AbortSignal.timeout(options.timeoutMs);
    try {
      await definitions.saveSync(id, await read(stored, AbortSignal.any([signal, timeout])), turn);
    } catch (error) {
      if (!isFault(error) || (error.owner === "system" && !ofTheServer.has(error.code))) throw error;
      signal.throwIfAborted();
      await definitions.saveFailure(
        id,
        timeout.aborted ? timedOut(options.timeoutMs) : toSyncError(error, await sentTo(id)),
        turn,
      );
    }
  }

  /** What the server may repeat; nothing where it cannot be read, for then it was not sent. */
  function sentTo(id: Id<"server">): Promise<Headers> {
    return servers.headersOf(id).catch(() => ({}));
  }

  async function run(turn: SyncTurn, stored: StoredServer, signal: AbortSignal): Promise<StoredServer> {
    try {
      await take(turn, stored, signal);
    } catch (error) {
      // What went wrong says more than that its turn cannot be given back: it lapses by itself.
      await definitions.endSync(turn).catch(() => undefined);
      throw error;
    }
    const synced = await servers.get(stored.server.slug);
    options.onSync?.(synced);
    return synced;
  }

  return {
    async sync(slug, signal) {
      const stored = await servers.get(slug);
      const turn = await definitions.beginSync(stored.server.id, { leaseMs });
      return turn?.kind === "turn" ? run(turn, stored, signal) : servers.get(slug);
    },

    async syncOnce(id, gapMs, signal) {
      const turn = await definitions.beginSync(id, { leaseMs, gapMs });
      if (turn?.kind === "taken") return turn;
      const [stored] = turn ? await servers.findByIds([id]) : [];
      return turn && stored ? { kind: "synced", stored: await run(turn, stored, signal) } : { kind: "gone" };
    },
  };
}

const maxMessageChars = 4_000;

function toSyncError({ code, message, data }: Fault, sent: Headers): SyncError {
  const [status, rpcCode] = [data?.["status"], data?.["rpcCode"]];
  const details = {
    ...(typeof status === "number" && { status }),
    ...(typeof rpcCode === "number" && { rpcCode }),
  };
  return {
    code,
    message: withoutSecrets(message, sent).slice(0, maxMessageChars),
    ...(Object.keys(details).length > 0 && { details }),
  };
}

function timedOut(timeoutMs: number): SyncError {
  return {
    code: "upstream_timeout",
    message: `The server did not finish its lists within ${timeoutMs / 1000} s`,
  };
}

/** Reasons that are kept; a server that gets everything wrong gets it wrong in the same way. */
const maxSkipped = 100;

function atMost(limit: number, reasons: readonly string[]): readonly string[] {
  const more = reasons.length - limit;
  return more <= 0 ? reasons : [...reasons.slice(0, limit), `and ${more} more`];
}

/** Failures of this system that are one server's all the same, and stand in its state. */
const ofTheServer = new Set(["internal_error", ...unusableHeaders]);

/** A URI that no list names is compared with each of them. */
const maxTemplates = 500;

async function readLists(line: Channel, slug: Slug, identity: ClientIdentity, signal: AbortSignal) {
  const definitions: FoundDefinition[] = [];
  const skipped: string[] = [];
  for (const kind of capabilityKinds) {
    if (!(kinds[kind].capability in line.hello.capabilities)) continue;
    const taken = { name: new Set<string>(), publicName: new Set<string>() };
    for (const text of await listAll(line, kinds[kind].list, identity, signal)) {
      try {
        const name = nameOf(kind, text);
        const publicName = kinds[kind].key === "name" ? toPublicName(slug, name) : name;
        if (taken.name.has(name) || taken.publicName.has(publicName)) {
          skipped.push(`${kind} ${JSON.stringify(name.slice(0, 80))} is listed twice`);
          continue;
        }
        if (kind === "resource_template" && taken.name.size >= maxTemplates) {
          skipped.push(`${kind} ${JSON.stringify(name.slice(0, 80))} is beyond the first ${maxTemplates}`);
          continue;
        }
        taken.name.add(name);
        taken.publicName.add(publicName);
        definitions.push({ kind, name, publicName, text });
      } catch (error) {
        if (!isFault(error)) throw error;
        skipped.push(`${kind} ${JSON.stringify(text.slice(0, 80))}: ${error.message}`);
      }
    }
  }
  return { definitions, skipped: atMost(maxSkipped, skipped) };
}

/** An era that the server spoke before is not taken for lost because of a failure that passes. */
function toEras({ modern, legacy, faults }: Probed, before: ServerState): Pick<ServerState, Era> {
  const hello = legacy?.channel.hello;
  return {
    modern: modern
      ? { helloText: modern.hello.resultText }
      : passes(faults.modern)
        ? before.modern
        : undefined,
    legacy:
      legacy && hello && isLegacyVersion(hello.version)
        ? { helloText: hello.resultText, version: hello.version, transport: legacy.transport }
        : passes(faults.legacy)
          ? before.legacy
          : undefined,
  };
}

function passes(fault: Fault | undefined): boolean {
  const status = fault?.data?.["status"];
  return (
    fault !== undefined &&
    (fault.retryable || status === 429 || (typeof status === "number" && status >= 500))
  );
}
