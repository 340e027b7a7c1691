/** Waits for what is being read, but not long, and not for a server that was waited for in vain. */
import { setTimeout } from "node:timers/promises";
import type { Clock } from "@castellan/kernel";
import type { Held } from "./held-lists.ts";

const waitMs = 2_000;
/** For so long nobody waits for a server after somebody did in vain. */
const slowMs = 60_000;

export class BriefWaits {
  readonly #clock: Clock;
  readonly #slowUntilMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when each has been read for the first time, or is not worth waiting for; undefined: that is so now. */
  for(all: readonly Held[]): Promise<void> | undefined {
    const nowMs = this.#clock.monotonic();
    const waited = all.filter((one) => isAwaited(one) && (this.#slowUntilMs.get(one.serverId) ?? 0) <= nowMs);
    return waited.length === 0 ? undefined : this.#wait(waited);
  }

  dropServer(serverId: string): void {
    this.#slowUntilMs.delete(serverId);
  }

  async #wait(waited: readonly Held[]): Promise<void> {
    const over = new AbortController();
    const timeout = setTimeout(waitMs, undefined, { signal: over.signal }).catch(() => undefined);
    await Promise.race([Promise.all(waited.map(({ reading }) => reading)), timeout]);
    over.abort();
    const untilMs = this.#clock.monotonic() + slowMs;
    for (const one of waited) if (isAwaited(one)) this.#slowUntilMs.set(one.serverId, untilMs);
  }
}

function isAwaited({ reading, isKnown }: Held): boolean {
  return reading !== undefined && !isKnown;
}
