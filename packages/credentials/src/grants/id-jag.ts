/**
 * Enterprise-Managed Authorization: this installation is the identity provider that vouches for who calls, by an Identity
 * Assertion JWT Authorization Grant that the target's authorization server takes for a token
 * (draft-ietf-oauth-identity-assertion-authz-grant §4, RFC 7523 §2.1).
 */
import { knownAuth } from "../auth/known-auth.ts";
import { subjectClaims } from "../identity/claims.ts";
import type { Identity } from "../identity/identity.ts";
import type { Grantor, OAuth } from "../oauth/oauth.ts";
import type { Target } from "../target.ts";
import { asserted, holderOfAsserted } from "./asserted.ts";
import { outcomeOf, type Grant } from "./grant.ts";

const assertionType = "oauth-id-jag+jwt";
const assertionLifeSeconds = 300;

export function idJagGrant(
  oauth: Pick<OAuth, "grantor" | "jwtBearer">,
  identity: Pick<Identity, "sign">,
): Grant {
  return {
    holderOf: (target, subject) => holderOfAsserted(subject, settingsOf(target).groups),
    get: (target, subject, signal) =>
      outcomeOf(async () => {
        const grantor = await oauth.grantor(target, signal);
        const { groups, namesResource } = settingsOf(target);
        const claims = {
          ...subjectClaims(asserted(subject), groups),
          ...claimsOf(grantor),
          ...(namesResource && { resource: grantor.resource }),
        };
        const assertion = await identity.sign(claims, {
          type: assertionType,
          lifeSeconds: assertionLifeSeconds,
        });
        return oauth.jwtBearer(target, assertion, signal);
      }),
  };
}

function claimsOf({ issuer, clientId, scopes }: Grantor) {
  return {
    aud: issuer,
    ...(clientId !== undefined && { client_id: clientId }),
    ...(scopes.length > 0 && { scope: scopes.join(" ") }),
  };
}

function settingsOf(target: Target) {
  const auth = knownAuth(target);
  if (auth.kind !== "id_jag") throw new TypeError(`nothing is asserted for ${auth.kind}`);
  return { groups: auth.groups ?? false, namesResource: auth.resource !== "omit" };
}
