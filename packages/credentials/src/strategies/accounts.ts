/** Linked accounts: one that an admin signed in to for all, or each person's own. */
import { isFault, type Fault } from "@castellan/kernel";
import type { AccountOwner } from "../account.ts";
import type { Accounts } from "../accounts/accounts.ts";
import type { KnownAuth } from "../auth/upstream-auth.ts";
import { credentialFaults } from "../faults.ts";
import type { Owner } from "../owner.ts";
import type { Target } from "../target.ts";
import type { Strategy } from "./strategy.ts";
import { tokenRefusal } from "./token-refusal.ts";

type UsedAccounts = Pick<Accounts, "usable" | "refused">;
type OwnAccount = Extract<KnownAuth, { kind: "own_account" }>;

const shared: AccountOwner = Object.freeze({ kind: "shared" });

/** What is remembered of whose tokens the target takes: it refused what was got by it. */
type Forget = (targetId: string) => void;

export function sharedAccount(
  accounts: UsedAccounts,
  forget: Forget,
): Strategy<Extract<KnownAuth, { kind: "shared_account" }>> {
  return accountStrategy(accounts, forget, () => shared);
}

/** The house reads lists with the admin's sign-in, and so may programs call if an admin lets them; nobody else's calls do. */
export function ownAccount(accounts: UsedAccounts, forget: Forget): Strategy<OwnAccount> {
  return accountStrategy(accounts, forget, (owner, { programs }: OwnAccount) => {
    if (owner.kind === "person") return { kind: "person", id: owner.id };
    if (owner.kind === "house") return shared;
    return owner.kind === "program" && programs === "shared" ? shared : undefined;
  });
}

function accountStrategy<Auth extends KnownAuth>(
  accounts: UsedAccounts,
  forget: Forget,
  accountOf: (owner: Owner, auth: Auth) => AccountOwner | undefined,
): Strategy<Auth> {
  const mustHave = (owner: Owner, auth: Auth): AccountOwner => {
    const account = accountOf(owner, auth);
    if (account === undefined) throw new TypeError(`${owner.kind} has no account here`);
    return account;
  };
  return {
    isOpenTo: (owner, auth) => accountOf(owner, auth) !== undefined,
    knownAs: (owner, auth) => ({ kind: "account", owner: mustHave(owner, auth) }),
    of: (target, owner, auth) => {
      const account = mustHave(owner, auth);
      return {
        headers: (_request, signal) =>
          unlessShared(target, account, async () => {
            const { token } = await accounts.usable(target, account, signal);
            return { authorization: bearerPrefix + token };
          }),
        refused: async (refusal, sent, signal) => {
          const about = tokenRefusal(refusal);
          if (about === undefined) return "final";
          if (refusal.status === 401) forget(target.id);
          const token = sentToken(sent);
          return unlessShared(target, account, () =>
            accounts.refused(target, account, { sent: token, ...about }, signal),
          );
        },
      };
    },
  };
}

export const bearerPrefix = "Bearer ";

export function sentToken(sent: Readonly<Record<string, string>>): string {
  return (sent["authorization"] ?? "").slice(bearerPrefix.length);
}

/** Who calls with the account of an admin cannot sign in there: it is the admin who must. */
async function unlessShared<T>(target: Target, { kind }: AccountOwner, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (kind !== "shared" || !isFault(error, "link_required")) throw error;
    throw credentialFaults.fault("credentials_missing", whatAdminsDo(target, error), {
      ...(error.data && { data: error.data }),
      cause: error,
    });
  }
}

function whatAdminsDo({ title }: Target, { data }: Fault): string {
  const scopes = data?.["scopes"];
  return Array.isArray(scopes)
    ? `An admin has to allow more at ${title} for all: ${scopes.join(" ")}`
    : `An admin has to sign in at ${title} for all`;
}
