/** Reads everything that a server offers into the catalog. */
import { isFault, kernelFaults, type Clock, type Fault, type Id } from "@castellan/kernel";
import type { ClientIdentity } from "@castellan/mcp";
import type { DefinitionStore, SyncFindings } from "../catalog/definition-store.ts";
import { findInstructions } from "../catalog/instructions.ts";
import type { SyncTurn, TakenTurn } from "../catalog/sync-turns.ts";
import type { SyncError } from "../servers/server.ts";
import { unusableHeaders, type Headers } from "../servers/server-headers.ts";
import type { StoredServer } from "../servers/server-row.ts";
import type { ServerStore } from "../servers/server-store.ts";
import { withoutSecrets } from "../servers/without-secrets.ts";
import { foundEras } from "./found-eras.ts";
import { readLists } from "./read-lists.ts";
import { erasWithoutTokens, listsWithoutTokens } from "./without-tokens.ts";
import type { Noticed, Upstreams } from "./upstreams.ts";

export interface Syncer {
  /**
   * Asks the server for all its lists and stores them. Of a list that it cannot give, what an earlier sync found
   * stays, and so does all of it where it can give none; the failures are in the state that comes back. Throws
   * `server_unknown`.
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

  /** `sent`: with what its requests were authorized so far. */
  async function read(
    stored: StoredServer,
    signal: AbortSignal,
    noticed: Noticed & { readonly sent: ReadonlySet<string> },
  ): Promise<SyncFindings> {
    const startedMs = clock.monotonic();
    const { id } = stored.server;
    const [headers, authSecrets] = await Promise.all([servers.headersOf(id), servers.authSecretsOf(id)]);
    if (headers["authorization"] !== undefined) noticed.onSent({ authorization: headers["authorization"] });
    const probed = await upstreams.find({ ...stored, headers, authSecrets }, signal, noticed);
    try {
      const line = probed.modern ?? probed.legacy?.channel;
      if (!line) throw kernelFaults.fault("internal_error", "A probe found no era and no fault");
      const found = await readLists(line, stored.server.slug, identity, signal);
      const eras = erasWithoutTokens(foundEras(probed, stored), noticed.sent);
      const told = findInstructions(eras);
      const listed = listsWithoutTokens(found, noticed.sent);
      const definitions = [...listed.definitions, ...told.definitions];
      const skipped = [...told.skipped, ...listed.skipped];
      const failedLists = found.failed.map(({ kind, fault }) => ({
        kind,
        ...toSyncError(fault, toSent(headers, noticed)),
      }));
      const latencyMs = clock.monotonic() - startedMs;
      return { ...eras, definitions, skipped, failedLists, unknownLists: found.unknown, latencyMs };
    } finally {
      await probed.legacy?.channel[Symbol.asyncDispose]();
    }
  }

  const leaseMs = options.timeoutMs + graceMs;

  /** Reads and writes, and ends the turn in any case. */
  async function take(turn: SyncTurn, stored: StoredServer, signal: AbortSignal): Promise<void> {
    const { id } = stored.server;
    const timeout = AbortSignal.timeout(options.timeoutMs);
    let asksForOAuth = false;
    const sent = new Set<string>();
    const noticed = {
      sent,
      onAsksForOAuth: () => {
        asksForOAuth = true;
      },
      onSent: (headers: Headers) => Object.values(headers).forEach((value) => sent.add(value)),
    };
    try {
      const found = await read(stored, AbortSignal.any([signal, timeout]), noticed);
      await definitions.saveSync(id, { ...found, asksForOAuth }, turn);
    } catch (error) {
      if (!isFault(error) || (error.owner === "system" && !ofTheServer.has(error.code))) throw error;
      signal.throwIfAborted();
      const failure = timeout.aborted
        ? timedOut(options.timeoutMs)
        : toSyncError(error, toSent(await headersSentTo(id), noticed));
      await definitions.saveFailure(id, { ...failure, asksForOAuth }, turn);
    }
  }

  /** What the server may repeat; nothing where it cannot be read, for then it was not sent. */
  function headersSentTo(id: Id<"server">): Promise<Headers> {
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

/** All that may be repeated in a server's words. */
function toSent(headers: Headers, { sent }: { readonly sent: ReadonlySet<string> }): Headers {
  return { ...headers, ...Object.fromEntries(sent.entries()) };
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

/** Failures of this system that are one server's all the same, and stand in its state. */
const ofTheServer = new Set(["internal_error", "credentials_missing", ...unusableHeaders]);
