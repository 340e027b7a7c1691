/** A token of ours with each request: who calls, by which client, what. */
import type { KnownAuth } from "../auth/upstream-auth.ts";
import { isSubject, type Subject } from "../identity/claims.ts";
import type { Identity } from "../identity/identity.ts";
import { canonicalResource } from "../oauth/resource.ts";
import type { Owner } from "../owner.ts";
import { bearerPrefix } from "./accounts.ts";
import type { SecretRefused } from "./secret-refused.ts";
import { asInstallation, type KnownAs, type Strategy } from "./strategy.ts";

export function forwardedIdentity(
  identity: Pick<Identity, "token">,
  secretRefused: SecretRefused,
): Strategy<Extract<KnownAuth, { kind: "identity" }>> {
  return {
    isOpenTo: isSubject,
    isMadeAnew: true,
    knownAs: asSubject,
    of: (target, owner, { audience, groups }) => {
      const subject = subjectOf(owner);
      return {
        headers: async (request) => {
          const about = {
            audience: audience ?? canonicalResource(target.url),
            withGroups: groups ?? false,
            request,
          };
          return { authorization: bearerPrefix + (await identity.token(subject, about)) };
        },
        // Another one would say the same.
        refused: async ({ status }) => {
          if (status === 401) secretRefused(target, "target");
          return "final";
        },
      };
    },
  };
}

export function asSubject(owner: Owner): KnownAs {
  return owner.kind === "person" || owner.kind === "program"
    ? { kind: "named", name: `${owner.kind} ${owner.id}` }
    : asInstallation;
}

/** The public has no name, and is refused ahead of this. */
export function subjectOf(owner: Owner): Subject {
  if (!isSubject(owner)) throw new TypeError("nothing is asserted of whoever has no name");
  return owner;
}
