/** From a bearer token to who is calling. */
import type { ChangeFeed, Database } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import { invalidToken } from "./bearer.ts";
import { accessFaults } from "./faults.ts";
import { LastUsed } from "./last-used.ts";
import type { Principal } from "./principal.ts";
import { toKnownToken, TokenCache, type KnownToken } from "./token-cache.ts";
import { TokenLookup } from "./token-lookup.ts";
import { hashSecret, isSecret, type SecretHash } from "./token-secret.ts";

export interface Authenticator extends AsyncDisposable {
  /**
   * Says whose token this is (`parseBearer` takes it out of the header). A token that was seen before
   * is answered from memory; a change of a token on any replica reaches here through the change feed,
   * and while the feed is behind nobody is let in.
   *
   * Faults: `token_missing`, `token_invalid` (malformed, unknown or revoked), `token_expired`,
   * `replica_stale`, `token_check_unavailable`.
   */
  authenticate(bearer: string): Promise<Principal>;
}

export interface AuthenticatorOptions {
  readonly database: Database;
  /** Carries the topic `tokens`. It must outlive the authenticator. */
  readonly feed: ChangeFeed;
  readonly clock: Clock;
  /** Tokens kept in memory, and as many hashes of tokens that do not exist. Default 10,000. */
  readonly maxCached?: number;
  /** Unknown tokens that may wait to be looked up. Default 1,000. */
  readonly maxWaiting?: number;
  /** Told when the time of a token's last use could not be written. */
  readonly onError?: (error: unknown) => void;
}

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  return new TokenAuthenticator(options);
}

class TokenAuthenticator implements Authenticator {
  readonly #feed: ChangeFeed;
  readonly #clock: Clock;
  readonly #cache: TokenCache;
  readonly #lookup: TokenLookup;
  readonly #lastUsed: LastUsed;
  readonly #unsubscribe: () => void;

  constructor({ database, feed, clock, maxCached, maxWaiting, onError }: AuthenticatorOptions) {
    this.#feed = feed;
    this.#clock = clock;
    this.#cache = new TokenCache(maxCached ?? 10_000);
    this.#lookup = new TokenLookup(database, maxWaiting ?? 1_000);
    this.#lastUsed = new LastUsed(database, onError ?? (() => {}));
    this.#unsubscribe = feed.on("tokens", (tokenIds) => this.#cache.invalidate(tokenIds));
  }

  async authenticate(bearer: string): Promise<Principal> {
    if (bearer === "") throw accessFaults.fault("token_missing", "A bearer token is required");
    if (!this.#feed.isFresh())
      throw accessFaults.fault(
        "replica_stale",
        "This replica cannot tell at the moment which tokens were revoked",
      );
    if (!isSecret(bearer)) throw invalidToken();
    const hash = hashSecret(bearer);
    const cached = this.#cache.get(hash);
    const token = cached === undefined ? await this.#lookUp(hash) : cached;
    if (token === null) throw invalidToken();
    const nowMs = this.#clock.now();
    if (nowMs >= token.expiresAtMs) throw accessFaults.fault("token_expired", "The token has expired");
    this.#lastUsed.note(token, nowMs);
    return token.principal;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unsubscribe();
    await this.#lastUsed[Symbol.asyncDispose]();
  }

  async #lookUp(hash: SecretHash): Promise<KnownToken | null> {
    const { generation } = this.#cache;
    const row = await this.#lookup.find(hash);
    const token = row && toKnownToken(row);
    this.#cache.keep(hash, token, generation);
    return token;
  }
}
