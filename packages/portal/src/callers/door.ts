/** Who comes through the door of a portal: the holder of a token, or whoever comes without one where it takes such callers. */
import {
  accessFaults,
  parseBearer,
  takesPublic,
  type Authenticator,
  type Principal,
  type PublicPrincipal,
  type Standings,
} from "@castellan/access";
import { callFaults, type Arrival } from "@castellan/calls";
import type { ChangeFeed } from "@castellan/database";
import { isFault } from "@castellan/kernel";
import type { RateLimiter, Taken } from "@castellan/limits";
import { addressKey } from "@castellan/web";
import { requiresSignIn } from "../connections/connection.ts";
import type { OpenPortal } from "../portals/open-portal.ts";
import type { PortalDirectory } from "../portals/portal-directory.ts";
import type { Portal } from "../portals/portal.ts";
import { isAt } from "../resource/addresses.ts";

export interface DoorOptions {
  readonly authenticator: Pick<Authenticator, "authenticate">;
  /** For code that goes on when the request that began it is over, or its token. */
  readonly standings: Pick<Standings, "again">;
  readonly directory: Pick<PortalDirectory, "find">;
  /** Tells whether what is known here of portals and rules is still true: tokens are not all that changes. */
  readonly changes: Pick<ChangeFeed, "isFresh">;
  /** For callers without a token. */
  readonly rates: Pick<RateLimiter, "take">;
}

/** What a caller that was let in came with. */
export interface Credential {
  readonly principal: Principal;
  /** The header; it stays here. */
  readonly authorization: string | undefined;
  /** What is asked where there is no header, or its token has run out (`Received`). */
  readonly standing?: Arrival["standing"];
  /** The portal's slug. */
  readonly portal: string;
}

export interface Door {
  /**
   * Throws `token_missing`, `token_invalid`, `token_expired`, `replica_stale`, `token_check_unavailable`; for callers
   * without a token `replica_stale` and `rate_limited`, and `invalid_input` for an address that says both yes and no. Of
   * code whose caller is let in no more: `token_invalid`.
   */
  admit(arrival: Arrival): Principal | Promise<Principal>;
  /** Who they are now that were let in before. Throws as `admit` does. */
  again(credential: Credential): Principal | Promise<Principal>;
}

export function createDoor({ authenticator, standings, directory, changes, rates }: DoorOptions): Door {
  function ofToken(authorization: string | undefined, slug: string, open: OpenPortal | undefined) {
    const trustedIssuers = open?.portal.trustedIssuers ?? [];
    return authenticator.authenticate(parseBearer(authorization), { kind: "portal", slug, trustedIssuers });
  }

  /** By the header as long as that is good. No header ever comes with a standing from outside. */
  async function ofStanding(
    standing: NonNullable<Arrival["standing"]>,
    authorization: string | undefined,
    slug: string,
  ): Promise<Principal> {
    if (authorization !== undefined)
      try {
        return await ofToken(authorization, slug, directory.find(slug));
      } catch (error) {
        if (!isFault(error, "token_expired")) throw error;
      }
    const principal = await standings.again(standing, slug);
    if (principal) return principal;
    throw accessFaults.fault("token_invalid", "What the caller was let in with is not good any more");
  }

  return {
    admit(arrival) {
      const { authorization, standing, portalSlug, ownHost, option, address } = arrival;
      if (standing) return ofStanding(standing, authorization, portalSlug);
      const open = directory.find(portalSlug);
      const isHere = open && isAt(open, ownHost);
      if (authorization !== undefined || !isHere || !takesPublic(open.portal) || requiresSignIn(option))
        return ofToken(authorization, portalSlug, open);
      assertFresh(changes);
      // Before anything of it is read or recorded: strangers must not fill the disk.
      return admitPublic(open.portal, addressKey(address), rates);
    },
    again({ principal, authorization, standing, portal }) {
      if (standing) return ofStanding(standing, authorization, portal);
      if (principal.kind !== "public") return ofToken(authorization, portal, directory.find(portal));
      assertFresh(changes);
      return principal;
    },
  };
}

function assertFresh(changes: Pick<ChangeFeed, "isFresh">): void {
  if (!changes.isFresh())
    throw accessFaults.fault("replica_stale", "This replica cannot tell at the moment whom portals let in");
}

/** All of them first: as many addresses as there are would otherwise each have a count of its own. */
async function admitPublic(
  { id, title, publicLimits }: Portal,
  address: string,
  rates: DoorOptions["rates"],
): Promise<PublicPrincipal> {
  const all = await rates.take(`public ${id}`, { perMinute: publicLimits.requestsPerMinute });
  if (!all.allowed) throw tooMany(title, "all callers without a token together", all);
  const perMinute = publicLimits.requestsPerMinutePerAddress;
  const own = await rates.take(`public ${id} ${address}`, { perMinute });
  if (!own.allowed) {
    all.giveBack();
    throw tooMany(title, "one address without a token", own);
  }
  return { kind: "public", id: `public:${address}`, name: "public", role: "member", scopes: undefined };
}

function tooMany(title: string, whom: string, { retryAfterMs }: Extract<Taken, { allowed: false }>) {
  return callFaults.fault(
    "rate_limited",
    `Portal ${title} takes so many requests a minute from ${whom}: come back in ${Math.ceil(retryAfterMs / 1000)} s, or sign in`,
    { data: { limit: "public", retryAfterMs } },
  );
}
