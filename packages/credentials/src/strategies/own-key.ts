/** A key that each person entered. The house reads lists with an admin's, or without any. */
import type { Accounts } from "../accounts/accounts.ts";
import type { KeySettings, KnownAuth } from "../auth/upstream-auth.ts";
import type { RequestCredentials } from "../request-credentials.ts";
import { missing } from "./fixed.ts";
import type { SecretRefused } from "./secret-refused.ts";
import { asInstallation, type Strategy } from "./strategy.ts";

type OwnKey = Extract<KnownAuth, { kind: "own_key" }>;

export function ownKey(
  accounts: Pick<Accounts, "usable" | "refused">,
  secretRefused: SecretRefused,
): Strategy<OwnKey> {
  return {
    isOpenTo: ({ kind }) => kind === "person" || kind === "house",
    knownAs: (owner) =>
      owner.kind === "person" ? { kind: "account", owner: { kind: "person", id: owner.id } } : asInstallation,
    of: (target, owner, auth): RequestCredentials => {
      const { header, prefix } = keyPlace(auth);
      if (owner.kind !== "person") {
        const { token } = target.secrets;
        return {
          headers: async () => (token === undefined ? {} : { [header]: prefix + token }),
          refused: async ({ status }) => {
            if (status !== 401) return "final";
            if (token === undefined) return missing(target);
            secretRefused(target, "target");
            return "final";
          },
        };
      }
      const account = { kind: "person", id: owner.id } as const;
      return {
        headers: async (_request, signal) => {
          const { token } = await accounts.usable(target, account, signal);
          return { [header]: prefix + token };
        },
        // A key has no scopes: what it may not do is the server's own answer.
        refused: async ({ status }, sent, signal) => {
          if (status !== 401) return "final";
          const key = (sent[header] ?? "").slice(prefix.length);
          return accounts.refused(target, account, { sent: key }, signal);
        },
      };
    },
  };
}

/** Where the key stands in a request. */
export function keyPlace({
  header = "authorization",
  prefix,
}: KeySettings): Required<Pick<KeySettings, "header" | "prefix">> {
  return { header, prefix: prefix ?? (header === "authorization" ? "Bearer " : "") };
}
