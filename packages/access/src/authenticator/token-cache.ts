import type { KnownToken } from "./known-token.ts";
import type { SecretHash } from "../token-secret.ts";

/**
 * What this replica knows of tokens: those that are living, and hashes that belong to none. Both
 * are bounded; what was pushed out is looked up again.
 */
export class TokenCache {
  readonly #maxEntries: number;
  readonly #known = new Map<SecretHash, KnownToken>();
  /** By id of what they hang on. */
  readonly #hashes = new Map<string, Set<SecretHash>>();
  readonly #unknown = new Set<SecretHash>();
  #generation = 0;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  /** Grows with each change of whatever tokens hang on: what was read before a change must not be kept after it. */
  get generation(): number {
    return this.#generation;
  }

  /** Null: there is no such token. Undefined: not known here. */
  get(hash: SecretHash): KnownToken | null | undefined {
    return this.#known.get(hash) ?? (this.#unknown.has(hash) ? null : undefined);
  }

  /** Keeps what was read from the database, unless something has changed since `generation`. */
  keep(hash: SecretHash, token: KnownToken | null, generation: number): void {
    if (generation !== this.#generation) return;
    if (token === null) {
      if (this.#unknown.size >= this.#maxEntries) this.#unknown.delete(oldest(this.#unknown));
      this.#unknown.add(hash);
      return;
    }
    if (this.#known.size >= this.#maxEntries) this.#drop(oldest(this.#known.keys()));
    this.#known.set(hash, token);
    for (const id of token.hangsOn) {
      const others = this.#hashes.get(id);
      if (others) others.add(hash);
      else this.#hashes.set(id, new Set([hash]));
    }
  }

  /** Forgets the tokens that hang on these ids, and all hashes that belonged to none: a new token may have one of them. */
  invalidate(ids: readonly string[] | "all"): void {
    this.#generation += 1;
    this.#unknown.clear();
    if (ids === "all") {
      this.#known.clear();
      this.#hashes.clear();
    } else for (const id of ids) for (const hash of this.#hashes.get(id) ?? []) this.#drop(hash);
  }

  #drop(hash: SecretHash): void {
    const token = this.#known.get(hash);
    this.#known.delete(hash);
    for (const id of token?.hangsOn ?? []) {
      const others = this.#hashes.get(id);
      others?.delete(hash);
      if (others?.size === 0) this.#hashes.delete(id);
    }
  }
}

/** Sets and maps iterate in the order of insertion. */
function oldest(hashes: Iterable<SecretHash>): SecretHash {
  const [first] = hashes;
  return first as SecretHash;
}
