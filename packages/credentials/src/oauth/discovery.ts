/** Which authorization server guards a target, and what it is: found out in the specification's order, remembered for a while. */
import type { Clock } from "@castellan/kernel";
import { RecentMap, RemoteCopy } from "@castellan/web";
import { isOAuth } from "../auth/secret-use.ts";
import { credentialFaults } from "../faults.ts";
import { unlessAborted } from "../shared-work.ts";
import { readBearerChallenge } from "./challenge.ts";
import { guessedIssuer, issuerOfSettings, loadIssuer, type Issuer } from "./issuer.ts";
import type { OAuthTarget } from "./oauth.ts";
import { probe } from "./probe.ts";
import { canonicalResource } from "./resource.ts";
import { loadResourceMetadata } from "./resource-metadata.ts";
import { plain } from "./token-answer.ts";
import type { Way } from "./wire.ts";

/** What a target says of how it is guarded. */
export interface Guard {
  /** The authorization server to use; undefined: it names none. */
  readonly issuer: string | undefined;
  readonly resource: string;
  readonly scopes: readonly string[] | undefined;
}

export interface Discovery {
  /** `isFresh`: what was found a moment ago will do, a failure will not. Throws as `OAuth.discover`. */
  guardOf(target: OAuthTarget, signal: AbortSignal, how?: GuardSearch): Promise<Guard>;
  /** Its authorization server, found or, where an admin wants OAuth of a server that says nothing, guessed. Throws as `OAuth.discover`. */
  issuerOf(target: OAuthTarget, issuer: string | undefined, signal: AbortSignal): Promise<Issuer>;
  /** Undefined: there is nothing to be found there. */
  findIssuer(target: OAuthTarget, issuer: string, signal: AbortSignal): Promise<Issuer | undefined>;
  forget(targetId: string): void;
}

export interface GuardSearch {
  readonly challenge?: string | undefined;
  readonly isFresh?: boolean;
}

interface Remembered {
  readonly copy: RemoteCopy<Guard>;
  readonly key: string;
  readonly challenge: string | undefined;
  readonly atMs: number;
  state: "under_way" | "found" | "failed";
}

const guardAgeMs = 60_000;
/** Whoever looks at a page again and again does not have the target asked each time. */
const freshMs = 5_000;
const issuerAgeMs = 600_000;
/** Many refusals at once are one. */
const justNowMs = 1000;
const maxRemembered = 2000;

export function createDiscovery({ way, clock }: { readonly way: Way; readonly clock: Clock }): Discovery {
  const guards = new RecentMap<string, Remembered>(maxRemembered);
  const issuers = new RecentMap<string, RemoteCopy<Issuer>>(maxRemembered);
  const forgotten = new RecentMap<string, number>(maxRemembered);

  /** What was found out is good for these settings only. */
  const keyOf = ({ url, allowPrivate, auth }: OAuthTarget) => JSON.stringify([url, allowPrivate, auth]);

  function rememberedGuard(target: OAuthTarget, { challenge, isFresh = false }: GuardSearch): Remembered {
    const key = keyOf(target);
    const nowMs = clock.monotonic();
    const known = guards.get(target.id);
    const notBeforeMs = Math.max(
      forgotten.get(target.id) ?? Number.NEGATIVE_INFINITY,
      nowMs - (challenge !== undefined ? justNowMs : isFresh ? freshMs : guardAgeMs),
    );
    const isSame = known?.key === key && (challenge === undefined || challenge === known.challenge);
    if (isSame && known.atMs > notBeforeMs && !(isFresh && known.state === "failed")) return known;
    const load = async () => {
      try {
        const guard = await loadGuard(way, target, challenge);
        remembered.state = "found";
        return guard;
      } catch (error) {
        remembered.state = "failed";
        throw error;
      }
    };
    const remembered: Remembered = {
      key,
      challenge,
      atMs: nowMs,
      state: "under_way",
      copy: new RemoteCopy({ load, clock, maxAgeMs: guardAgeMs, maxStaleMs: guardAgeMs }),
    };
    guards.set(target.id, remembered);
    return remembered;
  }

  function rememberedIssuer(target: OAuthTarget, issuer: string): RemoteCopy<Issuer> {
    const key = JSON.stringify([issuer, target.allowPrivate]);
    let copy = issuers.get(key);
    if (copy === undefined) {
      const load = async () => {
        const found = await loadIssuer(way, issuer, target);
        // That there is nothing is remembered as failures are: not for long.
        if (found === undefined) throw new NothingPublished();
        return found;
      };
      copy = new RemoteCopy<Issuer>({ load, clock, maxAgeMs: issuerAgeMs });
      issuers.set(key, copy);
    }
    return copy;
  }

  async function findIssuer(
    target: OAuthTarget,
    issuer: string,
    signal: AbortSignal,
  ): Promise<Issuer | undefined> {
    const settled = issuerOfSettings(target, issuer);
    if (settled !== undefined) return settled;
    try {
      return await unlessAborted(rememberedIssuer(target, issuer).get(), signal);
    } catch (error) {
      if (error instanceof NothingPublished) return undefined;
      throw error;
    }
  }

  return {
    guardOf: (target, signal, how = {}) => unlessAborted(rememberedGuard(target, how).copy.get(), signal),
    findIssuer,
    issuerOf: async (target, named, signal) => {
      const { origin } = new URL(target.url);
      const found = await findIssuer(target, named ?? origin, signal);
      if (found !== undefined) return found;
      // Where nobody names an authorization server, and where an account was linked by a guess already.
      if (named === undefined || named === origin) return guessedIssuer(origin);
      throw credentialFaults.fault(
        "upstream_auth_unsupported",
        `The authorization server ${plain(named)} publishes no metadata. An admin can give its endpoints.`,
      );
    },
    forget: (targetId) => forgotten.set(targetId, clock.monotonic()),
  };
}

class NothingPublished extends Error {
  override readonly name = "NothingPublished";
}

async function loadGuard(way: Way, target: OAuthTarget, challenge: string | undefined): Promise<Guard> {
  const bearer = readBearerChallenge(challenge ?? (await probe(way, target)));
  const metadata = await loadResourceMetadata(way, target, bearer?.resourceMetadata);
  const configured = isOAuth(target.auth) ? target.auth.issuer : undefined;
  return {
    issuer: configured ?? metadata?.issuers[0],
    resource: metadata?.resource ?? canonicalResource(target.url),
    scopes: bearer?.scopes ?? metadata?.scopes,
  };
}
