/** Reads the lists of each server again from time to time, soon where the last attempt failed, or failed at one of them. */
import {
  createSyncTrigger,
  type Catalog,
  type CatalogServer,
  type Syncer,
  type SyncTrigger,
} from "@castellan/calls";
import type { Clock } from "@castellan/kernel";

const longestAfterFailureMs = 60_000;
const lookMs = 15_000;

/** What comes back also takes requests for syncs out of turn. */
export function scheduleSyncs(options: {
  catalog: Pick<Catalog, "servers">;
  syncer: Pick<Syncer, "syncOnce">;
  clock: Clock;
  /** How often a server is read of which no admin said how often. */
  intervalSeconds: number;
  onError: (error: unknown) => void;
}): SyncTrigger {
  const { catalog, clock } = options;
  const trigger = createSyncTrigger(options);
  const look = () => {
    for (const server of catalog.servers())
      if (isDue(server, clock.now(), options.intervalSeconds)) trigger.request(server.server.id, "scheduled");
  };
  const timer = setInterval(look, lookMs).unref();
  look();
  return {
    request: trigger.request,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await trigger[Symbol.asyncDispose]();
    },
  };
}

function isDue({ server, state }: CatalogServer, nowMs: number, intervalSeconds: number): boolean {
  if (!state.attemptedAt || state.isOutdated) return true;
  const everyMs = (server.syncIntervalSeconds ?? intervalSeconds) * 1000;
  const isWhole = state.status === "ready" && (state.failedLists ?? []).length === 0;
  const waitMs = isWhole ? everyMs : Math.min(everyMs, longestAfterFailureMs);
  return nowMs - state.attemptedAt.getTime() >= waitMs;
}
