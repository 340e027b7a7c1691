import type { Principal } from "./principal.ts";
import type { TokenRow } from "./token-row.ts";
import type { SecretHash } from "./token-secret.ts";

/** A living token as the hot path needs it. */
export interface KnownToken {
  readonly principal: Principal;
  readonly expiresAtMs: number;
  /** When its use was last noted for the database. */
  lastUsedAtMs: number;
}

/**
 * What this replica knows of tokens: those that are living, and hashes that belong to none. Both
 * are bounded; what was pushed out is looked up again.
 */
export class TokenCache {
  readonly #maxEntries: number;
  readonly #known = new Map<SecretHash, KnownToken>();
  readonly #hashes = new Map<string, SecretHash>();
  readonly #unknown = new Set<SecretHash>();
  #generation = 0;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  /** Grows with each change of any token: what was read before a change must not be kept after it. */
  get generation(): number {
    return this.#generation;
  }

  /** Null: there is no such token. Undefined: not known here. */
  get(hash: SecretHash): KnownToken | null | undefined {
    return this.#known.get(hash) ?? (this.#unknown.has(hash) ? null : undefined);
  }

  /** Keeps what was read from the database, unless a token has changed since `generation`. */
  keep(hash: SecretHash, token: KnownToken | null, generation: number): void {
    if (generation !== this.#generation) return;
    if (token === null) {
      if (this.#unknown.size >= this.#maxEntries) this.#unknown.delete(oldest(this.#unknown));
      this.#unknown.add(hash);
    } else {
      if (this.#known.size >= this.#maxEntries) this.#drop(oldest(this.#known.keys()));
      this.#known.set(hash, token);
      this.#hashes.set(token.principal.id, hash);
    }
  }

  /** Forgets these tokens (ids), and all hashes that belonged to none: a new token may have one of them. */
  invalidate(tokenIds: readonly string[] | "all"): void {
    this.#generation += 1;
    this.#unknown.clear();
    for (const id of tokenIds === "all" ? this.#hashes.keys() : tokenIds) {
      const hash = this.#hashes.get(id);
      if (hash !== undefined) this.#drop(hash);
    }
  }

  #drop(hash: SecretHash): void {
    const token = this.#known.get(hash);
    this.#known.delete(hash);
    if (token) this.#hashes.delete(token.principal.id);
  }
}

export function toKnownToken(row: TokenRow): KnownToken {
  const { id, name, role } = row;
  return {
    principal: Object.freeze({ kind: "service", id, name, role, scopes: Object.freeze(row.scopes) }),
    expiresAtMs: row.expires_at?.getTime() ?? Number.POSITIVE_INFINITY,
    lastUsedAtMs: row.last_used_at?.getTime() ?? 0,
  };
}

/** Sets and maps iterate in the order of insertion. */
function oldest(hashes: Iterable<SecretHash>): SecretHash {
  const [first] = hashes;
  return first as SecretHash;
}
