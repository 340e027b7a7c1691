/** Reads the lists of each server again from time to time, soon where the last attempt failed. */
import type { Catalog, CatalogServer, Syncer } from "@castellan/calls";
import type { Clock } from "@castellan/kernel";

const everyMs = 2 * 60 * 60_000;
const afterFailureMs = 60_000;
const lookMs = 15_000;

export function scheduleSyncs(options: {
  catalog: Catalog;
  syncer: Syncer;
  clock: Clock;
  onError: (error: unknown) => void;
}): AsyncDisposable {
  const { catalog, syncer, clock } = options;
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();

  async function syncDue(): Promise<void> {
    const due = catalog.servers().filter((server) => isDue(server, clock.now()));
    for (const { server } of due) {
      if (stopping.signal.aborted) return;
      await syncer.sync(server.slug, stopping.signal).catch((error: unknown) => {
        if (!stopping.signal.aborted) options.onError(error);
      });
    }
  }

  let isRunning = false;
  const look = () => {
    if (isRunning) return;
    isRunning = true;
    running = syncDue().finally(() => {
      isRunning = false;
    });
  };
  const timer = setInterval(look, lookMs).unref();
  look();

  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      stopping.abort();
      await running;
    },
  };
}

function isDue({ state }: CatalogServer, nowMs: number): boolean {
  if (!state.attemptedAt) return true;
  return nowMs - state.attemptedAt.getTime() >= (state.status === "ready" ? everyMs : afterFailureMs);
}
