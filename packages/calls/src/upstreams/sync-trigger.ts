/**
 * Syncs servers when somebody says why: at most four at a time on this replica, and each at most once
 * at a time over all of them.
 */
import type { Clock, Id } from "@castellan/kernel";
import { DueSyncs, gapMs, type DueSync, type SyncReason } from "./due-syncs.ts";
import type { Syncer } from "./sync.ts";

export interface SyncTrigger extends AsyncDisposable {
  /** Has the server synced soon; `syncReasons` says how soon, and how often at most. Never throws. */
  request(serverId: string, reason: SyncReason): void;
}

/** After a failure that is not the server's, milliseconds. */
const afterFailureMs = 30_000;

export function createSyncTrigger(options: {
  syncer: Pick<Syncer, "syncOnce">;
  clock: Clock;
  /** Told of failures that are no server's own; those are in the servers' states. */
  onError: (error: unknown) => void;
}): SyncTrigger {
  const { syncer, clock } = options;
  const due = new DueSyncs();
  const running = new Set<Promise<void>>();
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;

  function runDue(): void {
    clearTimeout(timer);
    if (stopping.signal.aborted) return;
    for (let sync = due.take(clock.monotonic()); sync; sync = due.take(clock.monotonic())) start(sync);
    const { nextMs } = due;
    if (nextMs !== undefined)
      timer = setTimeout(runDue, Math.max(0, Math.ceil(nextMs - clock.monotonic()))).unref();
  }

  function start(sync: DueSync): void {
    const ended = run(sync).finally(() => {
      due.done(sync);
      running.delete(ended);
      runDue();
    });
    running.add(ended);
  }

  async function run(sync: DueSync): Promise<void> {
    try {
      const attempt = await syncer.syncOnce(sync.id, gapMs(sync), stopping.signal);
      if (attempt.kind === "taken") due.afterOther(sync, attempt.begunAgoMs, clock.monotonic());
    } catch (error) {
      if (stopping.signal.aborted) return;
      options.onError(error);
      due.defer(sync, clock.monotonic() + afterFailureMs);
    }
  }

  return {
    request(serverId, reason) {
      due.ask(serverId as Id<"server">, reason, clock.monotonic());
      runDue();
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      clearTimeout(timer);
      await Promise.all(running);
    },
  };
}
