/** Tokens of the target's authorization server that nobody signs in for. */
import type { KnownAuth } from "../auth/upstream-auth.ts";
import type { GrantedTokens, WantedToken } from "../grants/granted-tokens.ts";
import type { Grant } from "../grants/grant.ts";
import { isFault } from "@castellan/kernel";
import { isSubject } from "../identity/claims.ts";
import type { RequestCredentials } from "../request-credentials.ts";
import { bearerPrefix, sentToken } from "./accounts.ts";
import { asSubject, subjectOf } from "./identity.ts";
import type { SecretRefused } from "./secret-refused.ts";
import { asInstallation, type Strategy } from "./strategy.ts";
import { tokenRefusal } from "./token-refusal.ts";

type Tokens = Pick<GrantedTokens, "usable" | "refused">;

/** One token for all. */
export function installationGrant(
  grant: Grant,
  tokens: Tokens,
  secretRefused: SecretRefused,
): Strategy<Extract<KnownAuth, { kind: "client_credentials" }>> {
  return {
    isOpenTo: () => true,
    knownAs: () => asInstallation,
    of: (target) => {
      const granted = byToken(tokens, { grant, target, subject: undefined }, secretRefused);
      return {
        ...granted,
        refused: async (refusal, sent, signal) => {
          const answer = await granted.refused(refusal, sent, signal);
          if (answer === "final" && refusal.status === 401) secretRefused(target, "target");
          return answer;
        },
      };
    },
  };
}

/** One for each who calls. The house asks as itself: the authorization server has to know it to let it read lists. */
export function assertedGrant<Auth extends KnownAuth>(
  grant: Grant,
  tokens: Tokens,
  secretRefused: SecretRefused,
): Strategy<Auth> {
  return {
    isOpenTo: isSubject,
    knownAs: asSubject,
    of: (target, owner) => byToken(tokens, { grant, target, subject: subjectOf(owner) }, secretRefused),
  };
}

function byToken(tokens: Tokens, wanted: WantedToken, secretRefused: SecretRefused): RequestCredentials {
  const telling = async <T>(get: () => Promise<T>): Promise<T> => {
    try {
      return await get();
    } catch (error) {
      if (isFault(error, "upstream_client_refused") || isFault(error, "credentials_missing"))
        secretRefused(wanted.target, "authorization_server");
      throw error;
    }
  };
  return {
    headers: (_request, signal) =>
      telling(async () => ({ authorization: bearerPrefix + (await tokens.usable(wanted, signal)) })),
    refused: async (refusal, sent, signal) => {
      const about = tokenRefusal(refusal);
      if (about === undefined) return "final";
      return telling(() => tokens.refused(wanted, { sent: sentToken(sent), ...about }, signal));
    },
  };
}
