/** A token that says who calls, exchanged at the target's authorization server for one of its own (RFC 8693). */
import { knownAuth } from "../auth/known-auth.ts";
import type { Identity } from "../identity/identity.ts";
import type { OAuth } from "../oauth/oauth.ts";
import type { Target } from "../target.ts";
import { asserted, holderOfAsserted } from "./asserted.ts";
import { outcomeOf, type Grant } from "./grant.ts";

const jwtType = "urn:ietf:params:oauth:token-type:jwt";

export function tokenExchangeGrant(
  oauth: Pick<OAuth, "grantor" | "tokenExchange">,
  identity: Pick<Identity, "token">,
): Grant {
  return {
    holderOf: (target, subject) => holderOfAsserted(subject, settingsOf(target).groups),
    get: (target, subject, signal) =>
      outcomeOf(async () => {
        const { issuer } = await oauth.grantor(target, signal);
        const { audience, groups } = settingsOf(target);
        const subjectToken = await identity.token(asserted(subject), {
          audience: issuer,
          withGroups: groups,
        });
        return oauth.tokenExchange(
          target,
          {
            subjectToken,
            subjectTokenType: jwtType,
            ...(audience !== undefined && { audience }),
          },
          signal,
        );
      }),
  };
}

function settingsOf(target: Target): { readonly audience: string | undefined; readonly groups: boolean } {
  const auth = knownAuth(target);
  if (auth.kind !== "token_exchange") throw new TypeError(`no token is exchanged for ${auth.kind}`);
  return { audience: auth.audience, groups: auth.groups ?? false };
}
