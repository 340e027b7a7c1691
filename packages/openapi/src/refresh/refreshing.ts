/**
 * Fetches the documents of APIs anew: each once a day, over all replicas once. What comes of it is a row; the replicas learn
 * of another document by the change log. One that cannot be fetched or used leaves the one before in its place.
 */
import { setTimeout } from "node:timers/promises";
import type { ServerStore } from "@castellan/calls";
import type { ChangeFeed } from "@castellan/database";
import { isFault, type Clock } from "@castellan/kernel";
import type { Outbound } from "@castellan/web";
import { dayMs, documentsTopic, type DocumentStore, type DueDocument } from "../store/document-store.ts";
import { readAddress, type Summarizing } from "./document-reader.ts";

export interface RefreshingOptions {
  readonly documents: DocumentStore;
  readonly servers: Pick<ServerStore, "findByIds">;
  readonly outbound: Pick<Outbound, "fetch">;
  readonly threads: Summarizing;
  readonly changes: Pick<ChangeFeed, "on">;
  readonly clock: Clock;
  /** A server has another document: what it offers is to be read anew. Told on one replica. */
  readonly onChanged: (serverId: string) => void;
  /** Told of failures that are no document's own; those are in its row. */
  readonly onError: (error: unknown) => void;
  /** From 0 to below 1, to spread what is due. */
  readonly random?: (() => number) | undefined;
}

export interface Refreshing extends AsyncDisposable {
  /** Fetches the document of a server now, if it has an address and no other replica is at it. A failure is in its row. */
  refresh(serverId: string, signal: AbortSignal): Promise<void>;
}

const lookMs = 60_000;
/** Longer than to fetch one and to read it may take. */
const leaseMs = 120_000;
/** Taken at a time. */
const batch = 4;
const firstRetryMs = 5 * 60_000;

export function createRefreshing(options: RefreshingOptions): Refreshing {
  const { documents, servers, changes, onChanged, onError } = options;
  const { random = Math.random } = options;
  const stopping = new AbortController();
  let looking: Promise<void> | undefined;
  let isWanted = false;

  async function fetchOne(due: DueDocument, signal: AbortSignal): Promise<void> {
    const [stored] = await servers.findByIds([due.serverId]);
    if (!stored) return;
    const { allowPrivate, url } = stored.server;
    const nextMs = spread(dayMs, random());
    try {
      const read = await readAddress(options, {
        url: due.sourceUrl,
        allowPrivate,
        baseUrl: url,
        etag: due.digest === undefined ? undefined : due.etag,
        signal,
      });
      if (!read) await documents.saveSame(due, nextMs);
      else if (await documents.saveFetched(due, read, nextMs)) onChanged(due.serverId);
    } catch (error) {
      if (signal.aborted) throw error;
      if (!isFault(error) || error.owner === "system") throw error;
      const retryMs = Math.min(firstRetryMs * 2 ** Math.min(due.failures, 16), dayMs);
      await documents.saveFailure(due, error, spread(retryMs, random()));
    }
  }

  async function lookOnce(): Promise<void> {
    for (;;) {
      isWanted = false;
      const due = await documents.take({ leaseMs, limit: batch });
      // One after the other: there is no hurry, and a document may be large.
      for (const one of due) {
        stopping.signal.throwIfAborted();
        await fetchOne(one, stopping.signal).catch(reported);
      }
      if (due.length < batch && !isWanted) return;
    }
  }

  function look(): void {
    isWanted = true;
    if (looking || stopping.signal.aborted) return;
    looking = lookOnce()
      .catch(reported)
      .finally(() => {
        looking = undefined;
      });
  }

  function reported(error: unknown): void {
    if (!stopping.signal.aborted) onError(error);
  }

  async function everyNowAndThen(): Promise<void> {
    while (!stopping.signal.aborted) {
      look();
      await setTimeout(spread(lookMs, random()), undefined, { signal: stopping.signal, ref: false }).catch(
        () => undefined,
      );
    }
  }

  // One that was only named has to be fetched for the first time.
  const stop = changes.on(documentsTopic, () => look());
  const ended = everyNowAndThen();

  return {
    async refresh(serverId, signal) {
      const [due] = await documents.take({ serverId, leaseMs, limit: 1 });
      if (due) await fetchOne(due, AbortSignal.any([signal, stopping.signal]));
    },
    async [Symbol.asyncDispose]() {
      stop();
      stopping.abort();
      await ended;
      await looking;
    },
  };
}

/** A quarter more or less, so that what was registered together is not fetched together for good. */
function spread(ms: number, random: number): number {
  return Math.round(ms * (0.75 + random / 2));
}
