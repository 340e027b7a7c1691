import { prepared, sql, type Queryable } from "@castellan/database";
import { accessFaults } from "./faults.ts";
import { tokenColumns, type TokenRow } from "./token-row.ts";
import type { SecretHash } from "./token-secret.ts";

/**
 * Finds living tokens by hash, many in one query and one query at a time: a flood of made-up tokens
 * takes one connection of the pool and no more.
 */
export class TokenLookup {
  readonly #database: Queryable;
  readonly #maxWaiting: number;
  readonly #waiting = new Map<SecretHash, PromiseWithResolvers<TokenRow | null>>();
  #running = false;

  constructor(database: Queryable, maxWaiting: number) {
    this.#database = database;
    this.#maxWaiting = maxWaiting;
  }

  /** Null for a token that is unknown or revoked. Fault: `token_check_unavailable`. */
  find(hash: SecretHash): Promise<TokenRow | null> {
    const asked = this.#waiting.get(hash);
    if (asked) return asked.promise;
    if (this.#waiting.size >= this.#maxWaiting) return Promise.reject(unavailable());
    const asking = Promise.withResolvers<TokenRow | null>();
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
        const found = await findTokens(
          this.#database,
          batch.map(([hash]) => hash),
        );
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

async function findTokens(
  database: Queryable,
  hashes: readonly SecretHash[],
): Promise<Map<SecretHash, TokenRow>> {
  const rows = await database.query<TokenRow & { hash: Buffer }>(
    prepared(
      "access_find_tokens",
      sql`
        select ${tokenColumns}, token_secrets.hash
        from token_secrets join tokens on tokens.id = token_secrets.token_id
        where token_secrets.hash = any (${hashes.map((hash) => Buffer.from(hash, "base64url"))}::bytea[])
          and tokens.revoked_at is null`,
    ),
  );
  return new Map(rows.map((row) => [row.hash.toString("base64url") as SecretHash, row]));
}

function unavailable(cause?: unknown): Error {
  return accessFaults.fault("token_check_unavailable", "The token could not be checked", { cause });
}
