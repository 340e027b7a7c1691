import { accessFaults } from "../faults.ts";
import type { SecretHash } from "../token-secret.ts";

/** Finds those of these hashes that living tokens have. */
export type FindTokens<Found> = (hashes: readonly SecretHash[]) => Promise<ReadonlyMap<SecretHash, Found>>;

/**
 * Finds living tokens by hash, many in one query and one query at a time: a flood of made-up tokens
 * takes one connection of the pool and no more.
 */
export class TokenLookup<Found> {
  readonly #findAll: FindTokens<Found>;
  readonly #maxWaiting: number;
  readonly #waiting = new Map<SecretHash, PromiseWithResolvers<Found | null>>();
  #running = false;

  constructor(findAll: FindTokens<Found>, maxWaiting: number) {
    this.#findAll = findAll;
    this.#maxWaiting = maxWaiting;
  }

  /** Null for a token that is unknown or revoked. Fault: `token_check_unavailable`. */
  find(hash: SecretHash): Promise<Found | null> {
    const asked = this.#waiting.get(hash);
    if (asked) return asked.promise;
    if (this.#waiting.size >= this.#maxWaiting) return Promise.reject(unavailable());
    const asking = Promise.withResolvers<Found | null>();
    this.#waiting.set(hash, asking);
    if (!this.#running) void this.#run();
    return asking.promise;
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.size > 0) {
      const batch = [...this.#waiting.entries().take(maxBatch)];
      for (const [hash] of batch) this.#waiting.delete(hash);
      try {
        const found = await this.#findAll(batch.map(([hash]) => hash));
        for (const [hash, asking] of batch) asking.resolve(found.get(hash) ?? null);
      } catch (cause) {
        const fault = unavailable(cause);
        for (const [, asking] of batch) asking.reject(fault);
      }
    }
    this.#running = false;
  }
}

const maxBatch = 100;

function unavailable(cause?: unknown): Error {
  return accessFaults.fault("token_check_unavailable", "The token could not be checked", { cause });
}
