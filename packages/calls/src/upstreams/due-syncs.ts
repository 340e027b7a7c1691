/** Which servers are to be synced, why, and when: the timetable of one replica. It reads no clock. */
import type { Id } from "@castellan/kernel";

/** Why a server is to be synced, with the times that go with it, milliseconds. */
export const syncReasons = {
  /** Its time has come. Whoever says so will say so again: nothing waits for a sync that others have begun. */
  scheduled: { settleMs: 0, maxWaitMs: 0, gapMs: 30_000, waits: false },
  /** It says that its lists have changed, and may say so once for each of a hundred tools. */
  list_changed: { settleMs: 100, maxWaitMs: 500, gapMs: 500, waits: true },
  /** An admin has registered it, or changed how it is reached. */
  changed: { settleMs: 0, maxWaitMs: 0, gapMs: 0, waits: true },
  /** It could not be reached, or did not answer as one should: gone, moved, or of another era now. */
  call_failed: { settleMs: 0, maxWaitMs: 0, gapMs: 30_000, waits: true },
} as const;

export type SyncReason = keyof typeof syncReasons;

export const maxRunningSyncs = 4;

/**
 * A server whose lists change without end is read so often in a minute and no more: each time all replicas
 * read what it offers again, and clients are told of it.
 */
export const maxChangesPerMinute = 20;
const minuteMs = 60_000;

/** How soon one that is under way elsewhere is looked after again, milliseconds. */
const lookAgainMs = 500;

/** A server that is to be synced. Times are of one monotonic clock, milliseconds. */
export interface DueSync {
  readonly id: Id<"server">;
  readonly asked: ReadonlyMap<SyncReason, Asked>;
}

/** When a reason was first and when last given. */
interface Asked {
  readonly firstMs: number;
  readonly lastMs: number;
  /** It was put off until then; another reason need not wait for it. */
  readonly notBeforeMs: number;
}

export class DueSyncs {
  readonly #waiting = new Map<Id<"server">, DueSync>();
  readonly #running = new Set<Id<"server">>();
  /** When the last syncs began that were for a change, oldest first. */
  readonly #changes = new Map<Id<"server">, readonly number[]>();

  /** A server is to be synced for this reason, also if it is being synced now. */
  ask(id: Id<"server">, reason: SyncReason, nowMs: number): void {
    this.#put({ id, asked: new Map([[reason, { firstMs: nowMs, lastMs: nowMs, notBeforeMs: nowMs }]]) });
  }

  /** The next that is due and may run; it counts as running until `done`. */
  take(nowMs: number): DueSync | undefined {
    const next = this.#next();
    if (!next || this.#dueMs(next) > nowMs) return undefined;
    this.#waiting.delete(next.id);
    this.#running.add(next.id);
    if (next.asked.has("list_changed")) this.#noteChange(next.id, nowMs);
    return next;
  }

  done({ id }: DueSync): void {
    this.#running.delete(id);
  }

  /** From when on `take` has something to give; undefined as long as nothing more is asked for or done. */
  get nextMs(): number | undefined {
    const next = this.#next();
    return next && this.#dueMs(next);
  }

  /** Puts one back that came to nothing, if it is worth waiting for. */
  defer(sync: DueSync, notBeforeMs: number): void {
    if (!reasonsOf(sync).some(({ waits }) => waits)) return;
    this.#put({
      ...sync,
      asked: new Map([...sync.asked].map(([reason, times]) => [reason, { ...times, notBeforeMs }])),
    });
  }

  /** Another sync of the server, begun so long ago, left no room: is it as good, or to be waited for? */
  afterOther(sync: DueSync, begunAgoMs: number, nowMs: number): void {
    const lastMs = Math.max(...[...sync.asked.values()].map((times) => times.lastMs));
    if (nowMs - begunAgoMs <= lastMs)
      this.defer(sync, nowMs + Math.max(gapMs(sync) - begunAgoMs, lookAgainMs));
  }

  #put(sync: DueSync): void {
    const known = this.#waiting.get(sync.id);
    const asked = new Map(known?.asked);
    for (const [reason, times] of sync.asked) {
      const before = asked.get(reason) ?? times;
      asked.set(reason, {
        firstMs: Math.min(times.firstMs, before.firstMs),
        lastMs: Math.max(times.lastMs, before.lastMs),
        notBeforeMs: Math.max(times.notBeforeMs, before.notBeforeMs),
      });
    }
    this.#waiting.set(sync.id, { id: sync.id, asked });
  }

  #next(): DueSync | undefined {
    if (this.#running.size >= maxRunningSyncs) return undefined;
    let next: DueSync | undefined;
    for (const sync of this.#waiting.values())
      if (!this.#running.has(sync.id) && (!next || this.#dueMs(sync) < this.#dueMs(next))) next = sync;
    return next;
  }

  #noteChange(id: Id<"server">, nowMs: number): void {
    for (const [other, times] of this.#changes)
      if ((times.at(-1) ?? 0) + minuteMs <= nowMs) this.#changes.delete(other);
    this.#changes.set(id, [...(this.#changes.get(id) ?? []), nowMs].slice(-maxChangesPerMinute));
  }

  #dueMs(sync: DueSync): number {
    const [oldest = 0, ...more] = this.#changes.get(sync.id) ?? [];
    const isNoisy = sync.asked.has("list_changed") && more.length === maxChangesPerMinute - 1;
    return Math.max(dueMs(sync), isNoisy ? oldest + minuteMs : 0);
  }
}

/** How long ago the last sync, of any replica, must have begun. */
export function gapMs(sync: DueSync): number {
  return Math.min(...reasonsOf(sync).map((reason) => reason.gapMs));
}

/** Several words about changes are one change; who never stops talking is not waited for. */
function dueMs({ asked }: DueSync): number {
  const due = [...asked].map(([reason, { firstMs, lastMs, notBeforeMs }]) => {
    const { settleMs, maxWaitMs } = syncReasons[reason];
    return Math.max(notBeforeMs, Math.min(lastMs + settleMs, firstMs + maxWaitMs));
  });
  return Math.min(...due);
}

function reasonsOf({ asked }: DueSync) {
  return [...asked.keys()].map((reason) => syncReasons[reason]);
}
