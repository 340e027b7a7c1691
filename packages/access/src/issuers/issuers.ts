/** From the JWT of a trusted issuer to who is calling. */
import { isDeepStrictEqual } from "node:util";
import type { ChangeFeed, Database } from "@castellan/database";
import { isPrintable, type Clock } from "@castellan/kernel";
import type { Outbound } from "@castellan/web";
import type { JWTVerifyGetKey } from "jose";
import { invalidToken } from "../bearer.ts";
import type { People } from "../people/people.ts";
import type { UserPrincipal } from "../principal.ts";
import { parseScope } from "../scopes.ts";
import { findClaim, textsOf, type Claims } from "./claims.ts";
import { createIssuerKeys } from "./issuer-keys.ts";
import { readMethods, readProvedAt } from "./proof.ts";
import { createTrustedIssuerStore, issuerSource, issuersTopic } from "./issuer-store.ts";
import { readPerson } from "./told-person.ts";
import type { TrustedIssuer } from "./trusted-issuer.ts";
import { clockSkewSeconds, readClaimed, verifyToken } from "./verify-token.ts";

export interface IssuersOptions {
  readonly database: Database;
  /** Carries the topic `issuers`. It must outlive them. */
  readonly changes: ChangeFeed;
  readonly outbound: Pick<Outbound, "fetch" | "check">;
  readonly people: Pick<People, "signedInBy">;
  readonly clock: Clock;
}

/** Whose a token is, and how long that may be remembered. */
export interface VerifiedToken {
  readonly principal: UserPrincipal;
  /** Milliseconds since the epoch; the skew of clocks is in it. */
  readonly expiresAtMs: number;
  /** The slug of the issuer: once it changes (topic `issuers`), ask again. */
  readonly issuer: string;
}

export interface Issuers extends AsyncDisposable {
  /**
   * Says whose JWT this is, as far as it is of one of these issuers (slugs) and for its audience. The person is made
   * or found here, so that suspending them bites; groups that the token names are theirs for as long as it is good.
   *
   * Faults: `token_invalid`, `token_expired`, `token_check_unavailable`, `claims_refused`, `account_unknown`,
   * `account_suspended`.
   */
  verify(token: string, accepted: readonly string[]): Promise<VerifiedToken>;
  /** What the issuers of these slugs call themselves, as far as they are trusted now. */
  issuersOf(slugs: readonly string[]): readonly string[];
}

interface Ready {
  readonly issuer: TrustedIssuer;
  readonly keys: JWTVerifyGetKey;
}

const maxScopes = 500;
const maxClientIdLength = 256;
/** The year 9999, in seconds. */
const maxSeconds = 253_402_300_799;

export async function createIssuers({
  database,
  changes,
  outbound,
  people,
  clock,
}: IssuersOptions): Promise<Issuers> {
  const store = createTrustedIssuerStore({ database, clock });
  let ready: ReadonlyMap<string, Ready> = new Map();
  let loading: Promise<void> = Promise.resolve();

  /** One after the other: what was read earlier must not replace what was read later. */
  function load(): Promise<void> {
    loading = loading
      .catch(() => {})
      .then(async () => {
        const found = await store.list();
        ready = new Map(found.map((issuer) => [issuer.slug, readied(issuer, ready.get(issuer.slug))]));
      });
    return loading;
  }

  /** The keys stay where nothing has changed. */
  function readied(issuer: TrustedIssuer, before: Ready | undefined): Ready {
    if (isDeepStrictEqual(before?.issuer, issuer)) return before as Ready;
    const { allowPrivate, jwksUri } = issuer;
    return {
      issuer,
      keys: createIssuerKeys({ issuer: issuer.issuer, jwksUri, allowPrivate, outbound, clock }),
    };
  }

  function choose(token: string, accepted: readonly string[]): Ready {
    const claimed = readClaimed(token);
    const fitting = accepted
      .map((slug) => ready.get(slug))
      .find(
        (one) =>
          one?.issuer.isEnabled === true &&
          one.issuer.issuer === claimed?.issuer &&
          claimed.audiences.includes(one.issuer.audience),
      );
    if (!fitting) throw invalidToken();
    return fitting;
  }

  const unsubscribe = changes.on(issuersTopic, load);
  try {
    await load();
  } catch (error) {
    unsubscribe();
    throw error;
  }

  return {
    async verify(token, accepted) {
      const { issuer, keys } = choose(token, accepted);
      const claims = await verifyToken(token, issuer, { keys, nowMs: clock.now() });
      const told = readPerson(claims, issuer, issuer.issuer);
      const user = await people.signedInBy({
        provider: issuerSource(issuer),
        subject: told.subject,
        directory: issuer.directory,
        email: told.email,
        emailVerified: told.email !== undefined,
        name: told.name,
        createsUsers: issuer.createsUsers,
        linksByEmail: issuer.linksByEmail,
      });
      const { id, name, role, email, directory } = user;
      // Not written down as theirs: two tokens of one person may have been made before and after a change, and
      // each would undo what the other says.
      const groups = [...new Set([...user.groups, ...(told.groups ?? [])])].toSorted();
      const principal: UserPrincipal = {
        kind: "user",
        id,
        name,
        role,
        email,
        directory,
        groups: Object.freeze(groups),
        scopes: readScopes(claims, issuer.scopesClaim),
        grantId: undefined,
        clientId: readClientId(claims),
        provider: issuer.slug,
        amr: Object.freeze(readMethods(claims["amr"])),
        provedAtMs: readProvedAt(claims, clock.now()),
        claims: Object.freeze(told.claims),
      };
      const expiresAtMs = (Math.min(claims.exp ?? 0, maxSeconds) + clockSkewSeconds) * 1000;
      return { principal: Object.freeze(principal), expiresAtMs, issuer: issuer.slug };
    },

    issuersOf: (slugs) => {
      const enabled = slugs.flatMap((slug) => ready.get(slug) ?? []).filter(({ issuer }) => issuer.isEnabled);
      return [...new Set(enabled.map(({ issuer }) => issuer.issuer))];
    },

    [Symbol.asyncDispose]: async () => unsubscribe(),
  };
}

/** What is no scope of ours says nothing here. */
function readScopes(claims: Claims, claim: string | undefined): readonly string[] | undefined {
  if (claim === undefined) return undefined;
  const told = textsOf(findClaim(claims, claim)).flatMap((text) => text.split(" "));
  return Object.freeze(
    [...new Set(told)].filter((scope) => parseScope(scope) !== undefined).slice(0, maxScopes),
  );
}

/** RFC 9068 §2.2, OIDC Core §2; `appid` is Entra's, `cid` Okta's. */
function readClientId(claims: Claims): string | undefined {
  const [id] = ["client_id", "azp", "appid", "cid"].flatMap((claim) => textsOf(claims[claim]));
  return id !== undefined && id.length <= maxClientIdLength && isPrintable(id) ? id : undefined;
}
