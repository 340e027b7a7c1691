/**
 * The way of one channel out of the outbox: so many deliveries at a time, to each recipient one. A recipient that does not
 * answer holds up what is for itself.
 */
import type { Database } from "@castellan/database";
import { visible, type Clock } from "@castellan/kernel";
import type { NoticeChannel, Outcome } from "../notice.ts";
import { claimNext, giveBack, leaseMs, settle, type Claimed } from "./claim.ts";

const maxAtOnce = 8;
/** Less than the lease: who is late knows that nobody else has begun. */
const deadlineMs = leaseMs - 30_000;

const tooLate: Outcome = { kind: "never", error: "It could not be told while anybody wanted to hear of it" };

export interface LaneOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly channel: NoticeChannel;
  /** One attempt. What it throws is a reason to try again. */
  readonly deliver: (claimed: Claimed, signal: AbortSignal) => Promise<Outcome>;
  readonly onError: (error: unknown) => void;
}

export class Lane implements AsyncDisposable {
  readonly #options: LaneOptions;
  readonly #underWay = new Map<string, Promise<void>>();
  readonly #stop = new AbortController();
  #filling: Promise<void> | undefined;
  #isWoken = false;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /** Looks whether something is due. */
  wake(): void {
    this.#isWoken = true;
    this.#filling ??= this.#fill()
      .catch(this.#options.onError)
      .finally(() => {
        this.#filling = undefined;
        // Somebody may have called when it had looked for the last time.
        if (this.#isWoken && !this.#stop.signal.aborted) this.wake();
      });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#filling;
    await Promise.all(this.#underWay.values());
  }

  async #fill(): Promise<void> {
    const { database, channel, clock } = this.#options;
    while (this.#isWoken && !this.#stop.signal.aborted) {
      this.#isWoken = false;
      while (this.#underWay.size < maxAtOnce && !this.#stop.signal.aborted) {
        const busy = [...this.#underWay.keys()];
        const claimed = await claimNext(database, channel, { busy, nowMs: clock.now() });
        if (!claimed) break;
        const attempt = this.#attempt(claimed)
          .catch(this.#options.onError)
          .finally(() => {
            this.#underWay.delete(claimed.recipient);
            if (!this.#stop.signal.aborted) this.wake();
          });
        this.#underWay.set(claimed.recipient, attempt);
      }
    }
  }

  async #attempt(claimed: Claimed): Promise<void> {
    const { database, clock, deliver } = this.#options;
    if (this.#stop.signal.aborted) return giveBack(database, claimed, clock.now());
    if (clock.now() >= claimed.giveUpAt.getTime())
      return settle(database, claimed, { outcome: tooLate, nowMs: clock.now() });
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(deadlineMs)]);
    const outcome = await deliver(claimed, signal).catch((error: unknown): Outcome => ({
      kind: "later",
      error: visible(error instanceof Error ? error.message : "failed"),
    }));
    if (this.#stop.signal.aborted && outcome.kind === "later")
      return giveBack(database, claimed, clock.now());
    await settle(database, claimed, { outcome, nowMs: clock.now() });
  }
}
