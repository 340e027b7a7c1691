/** From a bearer token to who is calling: service tokens, access tokens of the house, JWTs of trusted issuers. */
import type { ChangeFeed, Database } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import { invalidToken } from "./bearer.ts";
import { accessFaults } from "./faults.ts";
import { findAccessTokens, type FoundAccessToken } from "./authenticator/find-access-tokens.ts";
import { findServiceTokens, type FoundServiceToken } from "./authenticator/find-service-tokens.ts";
import { accessTokensTopic } from "./grants/access-tokens.ts";
import { grantsTopic } from "./grants/end-grants.ts";
import { issuersTopic } from "./issuers/issuer-store.ts";
import type { Issuers } from "./issuers/issuers.ts";
import { ofAccessToken, ofServiceToken, type KnownToken } from "./authenticator/known-token.ts";
import { LastUsed } from "./authenticator/last-used.ts";
import { usersTopic } from "./people/people.ts";
import type { Principal } from "./principal.ts";
import { apiScope } from "./scopes.ts";
import { TokenCache } from "./authenticator/token-cache.ts";
import { TokenLookup } from "./authenticator/token-lookup.ts";
import { hashSecret, secretKindOf, type SecretHash } from "./token-secret.ts";

/** What a token is shown to. One that was made for something else is as good as none (RFC 8707 §2, RFC 9068 §4). */
export type Audience =
  | {
      readonly kind: "portal";
      readonly slug: string;
      /** Slugs of the issuers whose JWTs the portal takes. */
      readonly trustedIssuers: readonly string[];
    }
  | { readonly kind: "api" }
  /** The registry tells each token's holder of what that token is for. */
  | { readonly kind: "registry" };

export interface Authenticator extends AsyncDisposable {
  /**
   * Says whose token this is (`parseBearer` takes it out of the header). A token that was seen before
   * is answered from memory, with the same object; a change of whatever it hangs on, on any replica, reaches here
   * through the change feed, and while the feed is behind nobody is let in.
   *
   * Faults: `token_missing`, `token_invalid` (malformed, unknown, revoked, or made for something else),
   * `token_expired`, `replica_stale`, `token_check_unavailable`; of a trusted issuer's token also `claims_refused`,
   * `account_unknown`, `account_suspended`.
   */
  authenticate(bearer: string, audience: Audience): Promise<Principal>;
}

export interface AuthenticatorOptions {
  readonly database: Database;
  /** Carries the topics `tokens`, `access_tokens`, `grants`, `users`, `clients`, `issuers`. It must outlive the authenticator. */
  readonly feed: ChangeFeed;
  readonly clock: Clock;
  /** Absent: no JWTs are taken. */
  readonly issuers?: Pick<Issuers, "verify">;
  /** Tokens kept in memory, and as many hashes of tokens that do not exist. Default 10,000. */
  readonly maxCached?: number;
  /** Unknown tokens of each kind that may wait to be looked up. Default 1,000. */
  readonly maxWaiting?: number;
  /** Told when the time of a token's last use could not be written. */
  readonly onError?: (error: unknown) => void;
}

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  return new TokenAuthenticator(options);
}

/** Topics whose keys are ids that tokens hang on. */
const topics = ["tokens", accessTokensTopic, grantsTopic, usersTopic, "clients", issuersTopic];

class TokenAuthenticator implements Authenticator {
  readonly #feed: ChangeFeed;
  readonly #clock: Clock;
  readonly #issuers: Pick<Issuers, "verify"> | undefined;
  readonly #cache: TokenCache;
  readonly #serviceTokens: TokenLookup<FoundServiceToken>;
  readonly #accessTokens: TokenLookup<FoundAccessToken>;
  readonly #lastUsed: LastUsed;
  readonly #unsubscribe = new DisposableStack();

  constructor({
    database,
    feed,
    clock,
    issuers,
    maxCached,
    maxWaiting = 1_000,
    onError,
  }: AuthenticatorOptions) {
    this.#feed = feed;
    this.#clock = clock;
    this.#issuers = issuers;
    this.#cache = new TokenCache(maxCached ?? 10_000);
    this.#serviceTokens = new TokenLookup((hashes) => findServiceTokens(database, hashes), maxWaiting);
    this.#accessTokens = new TokenLookup((hashes) => findAccessTokens(database, hashes), maxWaiting);
    this.#lastUsed = new LastUsed(database, onError ?? (() => {}));
    for (const topic of topics) this.#unsubscribe.defer(feed.on(topic, (ids) => this.#cache.invalidate(ids)));
  }

  async authenticate(bearer: string, audience: Audience): Promise<Principal> {
    if (bearer === "") throw accessFaults.fault("token_missing", "A bearer token is required");
    if (!this.#feed.isFresh())
      throw accessFaults.fault(
        "replica_stale",
        "This replica cannot tell at the moment which tokens were revoked",
      );
    const found = this.#find(bearer, audience);
    const token = found instanceof Promise ? await found : found;
    if (token === null || !isFor(token, audience)) throw invalidToken();
    const nowMs = this.#clock.now();
    if (nowMs >= token.expiresAtMs) throw accessFaults.fault("token_expired", "The token has expired");
    this.#lastUsed.note(token, nowMs);
    return token.principal;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unsubscribe.dispose();
    await this.#lastUsed[Symbol.asyncDispose]();
  }

  #find(bearer: string, audience: Audience): KnownToken | null | Promise<KnownToken | null> {
    switch (secretKindOf(bearer)) {
      case "service":
        return this.#known(hashSecret(bearer), (hash) => this.#serviceToken(hash));
      case "access":
        return this.#known(hashSecret(bearer), (hash) => this.#accessToken(hash));
      case "refresh":
        return null;
      default:
        return this.#ofIssuers(bearer, audience);
    }
  }

  #known(
    hash: SecretHash,
    lookUp: (hash: SecretHash) => Promise<KnownToken | null>,
  ): KnownToken | null | Promise<KnownToken | null> {
    const cached = this.#cache.get(hash);
    if (cached !== undefined) return cached;
    const { generation } = this.#cache;
    return lookUp(hash).then((token) => {
      this.#cache.keep(hash, token, generation);
      return token;
    });
  }

  async #serviceToken(hash: SecretHash): Promise<KnownToken | null> {
    const row = await this.#serviceTokens.find(hash);
    return row && ofServiceToken(row);
  }

  async #accessToken(hash: SecretHash): Promise<KnownToken | null> {
    const found = await this.#accessTokens.find(hash);
    return found && ofAccessToken(found, hash);
  }

  /** What is no JWT of one of these issuers is refused before anything is computed or asked for. */
  #ofIssuers(bearer: string, audience: Audience): KnownToken | null | Promise<KnownToken> {
    const issuers = this.#issuers;
    if (!issuers || audience.kind !== "portal" || audience.trustedIssuers.length === 0) return null;
    if (!jwtShape.test(bearer)) return null;
    // Another portal takes others' tokens.
    const hash = hashSecret(`${audience.trustedIssuers.join(" ")} ${bearer}`);
    const cached = this.#cache.get(hash);
    if (cached) return cached;
    const { generation } = this.#cache;
    return issuers.verify(bearer, audience.trustedIssuers).then(({ principal, expiresAtMs, issuer }) => {
      const token: KnownToken = {
        principal,
        goodAt: "anywhere",
        expiresAtMs,
        hangsOn: [principal.id, issuer],
        noted: undefined,
        lastUsedAtMs: 0,
      };
      this.#cache.keep(hash, token, generation);
      return token;
    });
  }
}

/** Three parts in base64url (RFC 7515 §3.1). */
const jwtShape = /^[\w-]+\.[\w-]+\.[\w-]+$/;

function isFor({ goodAt, principal }: KnownToken, audience: Audience): boolean {
  if (goodAt === "anywhere" || audience.kind === "registry") return true;
  if (goodAt === "api") return audience.kind === "api" && principal.scopes?.includes(apiScope) === true;
  return audience.kind === "portal" && goodAt.portal === audience.slug;
}
