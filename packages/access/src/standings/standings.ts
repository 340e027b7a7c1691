/** Who somebody is by now that was let in before, where they show nothing: what code goes on with when its request is over. */
import type { ChangeFeed, Database } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import { TokenCache } from "../authenticator/token-cache.ts";
import type { KnownToken } from "../authenticator/known-token.ts";
import { accessFaults } from "../faults.ts";
import { grantsTopic } from "../grants/end-grants.ts";
import { usersTopic } from "../people/people.ts";
import type { Principal } from "../principal.ts";
import { hashSecret, type SecretHash } from "../token-secret.ts";
import { findStandingToken } from "./find-standing-token.ts";
import type { Standing } from "./standing.ts";

export interface Standings extends Disposable {
  /**
   * What a token that was made of it at this moment would let its holder be at this portal (its slug), and never more than the one
   * that was shown; the same object while nothing about it changes. Undefined: revoked, ended, suspended, run out, or not for this
   * portal. Faults: `replica_stale` while changes are late here, `token_check_unavailable`.
   */
  again(standing: Standing, portal: string): Principal | undefined | Promise<Principal | undefined>;
}

export interface StandingsOptions {
  readonly database: Database;
  /** Carries the topics `tokens`, `grants`, `users`, `clients`. It must outlive this. */
  readonly feed: ChangeFeed;
  readonly clock: Clock;
  /** Standings kept in memory. Default 1,000. */
  readonly maxCached?: number;
}

const topics = ["tokens", grantsTopic, usersTopic, "clients"];

export function createStandings({ database, feed, clock, maxCached = 1_000 }: StandingsOptions): Standings {
  const cache = new TokenCache(maxCached);
  const asking = new Map<string, Promise<KnownToken | null>>();
  const unsubscribe = new DisposableStack();
  for (const topic of topics) unsubscribe.defer(feed.on(topic, (ids) => cache.invalidate(ids)));

  function find(standing: Standing): KnownToken | null | Promise<KnownToken | null> {
    const { kind, id, scopes, sinceMs } = standing;
    const key = hashSecret(JSON.stringify([kind, id, scopes, kind === "token" && sinceMs]));
    return cache.get(key) ?? read(standing, key);
  }

  /** Of many that ask for the same at once, one asks the database; after a change nobody is told what was read before it. */
  function read(standing: Standing, key: SecretHash): Promise<KnownToken | null> {
    const { generation } = cache;
    const turn = `${generation} ${key}`;
    const known = asking.get(turn);
    if (known) return known;
    const reading = findStandingToken(database, standing, key)
      .then(
        (token) => {
          if (token) cache.keep(key, token, generation);
          return token;
        },
        (cause: unknown) => {
          throw accessFaults.fault("token_check_unavailable", "Who the caller is could not be checked", {
            cause,
          });
        },
      )
      .finally(() => asking.delete(turn));
    asking.set(turn, reading);
    return reading;
  }

  function principalAt(token: KnownToken | null, portal: string): Principal | undefined {
    if (!token || clock.now() >= token.expiresAtMs) return undefined;
    const { goodAt, principal } = token;
    const isForPortal = goodAt === "anywhere" || (typeof goodAt === "object" && goodAt.portal === portal);
    return isForPortal ? principal : undefined;
  }

  return {
    again(standing, portal) {
      if (!feed.isFresh())
        throw accessFaults.fault(
          "replica_stale",
          "This replica cannot tell at the moment who was let in still is",
        );
      const token = find(standing);
      return token instanceof Promise
        ? token.then((found) => principalAt(found, portal))
        : principalAt(token, portal);
    },
    [Symbol.dispose]: () => unsubscribe.dispose(),
  };
}
