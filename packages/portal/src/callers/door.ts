/** Who comes through the door of a portal: the holder of a token, or whoever comes without one where it takes such callers. */
import {
  accessFaults,
  parseBearer,
  takesPublic,
  type Authenticator,
  type Principal,
  type PublicPrincipal,
} from "@castellan/access";
import { callFaults, type Arrival } from "@castellan/calls";
import type { ChangeFeed } from "@castellan/database";
import type { RateLimiter, Taken } from "@castellan/limits";
import { addressKey } from "@castellan/web";
import { requiresSignIn } from "../connections/connection.ts";
import type { OpenPortal } from "../portals/open-portal.ts";
import type { PortalDirectory } from "../portals/portal-directory.ts";
import type { Portal } from "../portals/portal.ts";
import { isAt } from "../resource/addresses.ts";

export interface DoorOptions {
  readonly authenticator: Pick<Authenticator, "authenticate">;
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
  /** The portal's slug. */
  readonly portal: string;
}

export interface Door {
  /**
   * Throws `token_missing`, `token_invalid`, `token_expired`, `replica_stale`, `token_check_unavailable`; for callers
   * without a token `replica_stale` and `rate_limited`, and `invalid_input` for an address that says both yes and no.
   */
  admit(arrival: Arrival): Principal | Promise<Principal>;
  /** Who they are now that were let in before. Throws as `admit` does. */
  again(credential: Credential): Principal | Promise<Principal>;
}

export function createDoor({ authenticator, directory, changes, rates }: DoorOptions): Door {
  function ofToken(authorization: string | undefined, slug: string, open: OpenPortal | undefined) {
    const trustedIssuers = open?.portal.trustedIssuers ?? [];
    return authenticator.authenticate(parseBearer(authorization), { kind: "portal", slug, trustedIssuers });
  }

  return {
    admit(arrival) {
      const { authorization, portalSlug, ownHost, option, address } = arrival;
      const open = directory.find(portalSlug);
      const isHere = open && isAt(open, ownHost);
      if (authorization !== undefined || !isHere || !takesPublic(open.portal) || requiresSignIn(option))
        return ofToken(authorization, portalSlug, open);
      assertFresh(changes);
      // Before anything of it is read or recorded: strangers must not fill the disk.
      return admitPublic(open.portal, addressKey(address), rates);
    },
    again({ principal, authorization, portal }) {
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
