/**
 * Refreshing accounts, each once at a time over all replicas: within this one by one promise per account, among them by the
 * lease in its row. Who does not hold it waits for the change log, and looks now and then besides.
 */
import { setTimeout as delay } from "node:timers/promises";
import { kernelFaults } from "@castellan/kernel";
import type { TokenOutcome } from "../oauth/tokens.ts";
import type { Target } from "../target.ts";
import { heldGrant, type Holding } from "./account-row.ts";
import { claim, leaseMs } from "./claim.ts";
import { keyOf, type Ground } from "./ground.ts";
import type { KnownAccounts } from "./known-accounts.ts";
import { settleRefresh, type Refreshed } from "./settle-refresh.ts";

/** Shorter than the lease, by as much as it takes to write down what came of it. */
const askMs = leaseMs - 10_000;
const maxWrites = 6;
const firstRewriteMs = 100;
/** How long a replica that stops waits for answers that are under way: what was rotated for them would be lost. */
const closingMs = 5_000;

export class Refresher implements AsyncDisposable {
  readonly #ground: Ground;
  readonly #known: KnownAccounts;
  /** By account and generation. */
  readonly #running = new Map<string, Promise<void>>();
  /** No more waiting for others, and no new ones. */
  readonly #stopping = new AbortController();
  /** No more waiting for answers either. */
  readonly #over = new AbortController();

  constructor(ground: Ground, known: KnownAccounts) {
    this.#ground = ground;
    this.#known = known;
  }

  /**
   * Resolves once the account is not what `holding` says any more: it has newer tokens, or a failure with the time of the
   * next try, or it needs a sign-in, or is gone. Rejects when the database fails. Nobody's signal ends it: others wait too.
   */
  refresh(target: Target, holding: Holding): Promise<void> {
    const id = `${holding.account.id}.${holding.generation}`;
    const running = this.#running.get(id);
    if (running !== undefined) return running;
    const run = this.#run(target, holding).finally(() => {
      this.#known.forget(keyOf(holding));
      this.#running.delete(id);
    });
    this.#running.set(id, run);
    return run;
  }

  /** The same, waited for by nobody. */
  refreshBeside(target: Target, holding: Holding): void {
    this.refresh(target, holding).catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) this.#ground.onError(error);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort(kernelFaults.fault("shutting_down", "This replica is stopping"));
    const timer = setTimeout(() => this.#over.abort(this.#stopping.signal.reason), closingMs);
    await Promise.allSettled(this.#running.values());
    clearTimeout(timer);
  }

  async #run(target: Target, holding: Holding): Promise<void> {
    const by = `${this.#ground.replica}.${holding.generation}`;
    for (;;) {
      this.#stopping.signal.throwIfAborted();
      const news = this.#news(keyOf(holding));
      try {
        const claimed = await claim(this.#ground, holding, by);
        if (claimed.kind === "over") return;
        if (claimed.kind === "mine") return await this.#ask(target, holding, by);
        await news.within(Math.min(claimed.leftMs + 1, this.#ground.pollEveryMs));
      } finally {
        news[Symbol.dispose]();
      }
    }
  }

  async #ask(target: Target, holding: Holding, by: string): Promise<void> {
    const held = heldGrant(holding);
    if (held?.refreshToken === undefined) throw new Error("An account that cannot be renewed was to be");
    const limited = AbortSignal.any([this.#over.signal, AbortSignal.timeout(askMs)]);
    const outcome = await this.#ground.oauth.refresh(target, held, limited).catch((error: unknown) => {
      // The row is left as it is where nobody waited for the answer: the lease lapses, and another one tries.
      if (!limited.aborted || this.#over.signal.aborted) throw error;
      return tooLate;
    });
    await this.#write({ holding, by, outcome });
  }

  /** What was rotated is nowhere else: a database that is away for a moment must not lose it. */
  async #write(refreshed: Refreshed): Promise<void> {
    const { database } = this.#ground;
    for (let writes = 1; ; writes += 1) {
      try {
        await database.transaction((tx) => settleRefresh(tx, this.#ground, refreshed));
        return;
      } catch (error) {
        if (writes === maxWrites || refreshed.outcome.kind !== "granted") throw error;
        await delay(firstRewriteMs * 2 ** writes);
      }
    }
  }

  /** Listens from now on for a change of the account. */
  #news(key: string): Disposable & { within(ms: number): Promise<void> } {
    const heard = new AbortController();
    const stop = this.#known.on((keys) => {
      if (keys === "all" || keys.includes(key)) heard.abort();
    });
    const ended = AbortSignal.any([heard.signal, this.#stopping.signal]);
    return {
      within: (ms) => delay(ms, undefined, { signal: ended }).catch(() => undefined),
      [Symbol.dispose]: stop,
    };
  }
}

const tooLate: TokenOutcome = {
  kind: "failed",
  code: "credentials_unavailable",
  message: `The authorization server did not answer within ${askMs / 1000} seconds`,
  retryAfterMs: undefined,
};
