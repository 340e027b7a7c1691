/** A linked account: what one person, or an admin for all, may do at one target. It holds no token; those are sealed. */
import type { Id } from "@castellan/kernel";

export interface Account {
  readonly id: Id<"account">;
  readonly targetId: string;
  readonly owner: AccountOwner;
  readonly kind: "oauth" | "key";
  /** Of an `oauth` one: the authorization server that gave the tokens. */
  readonly issuer: string | undefined;
  /** Scopes that were granted, as far as is known. */
  readonly scopes: readonly string[];
  /** Of the shared one: scopes that the target missed since the sign-in, which asked for none of them. */
  readonly wantedScopes: readonly string[];
  readonly state: AccountState;
  /** Why it needs a sign-in: the code of what was refused. */
  readonly reason: string | undefined;
  /** The last refresh that failed, though it may succeed later. */
  readonly failure: AccountFailure | undefined;
  /** Whether it can be renewed without the person. */
  readonly isRenewable: boolean;
  /** When what it has ends; undefined: nobody says. */
  readonly expiresAt: Date | undefined;
  /** Who signed in: name or e-mail. */
  readonly linkedBy: string;
  /** By which client it was set off, as that client calls itself. */
  readonly linkedFrom: string | undefined;
  readonly linkedAt: Date;
  readonly refreshedAt: Date | undefined;
  /** To the minute. */
  readonly usedAt: Date | undefined;
  /** Counted with each sign-in, not with refreshes: another one may be another account at the target. */
  readonly link: number;
}

/** `needs_sign_in`: what it had was refused for good; its person is asked again. */
export const accountStates = ["linked", "needs_sign_in"] as const;
export type AccountState = (typeof accountStates)[number];

export type AccountOwner =
  | { readonly kind: "person"; readonly id: Id<"user"> }
  /** An admin's, for reading lists, and for calls where the target's `auth` says so. */
  | { readonly kind: "shared" };

export interface AccountFailure {
  readonly code: string;
  readonly message: string;
  readonly at: Date;
  /** How often in a row. */
  readonly times: number;
}

/** What an account has; sealed at rest. Times are milliseconds since the epoch. */
export type AccountTokens =
  | {
      readonly kind: "oauth";
      readonly accessToken: string;
      readonly refreshToken: string | undefined;
      readonly expiresAtMs: number | undefined;
    }
  | { readonly kind: "key"; readonly key: string };

/** The topic of the change log under which accounts are told; keys are `accountKey`. */
export const accountsTopic = "accounts";

export function accountKey(targetId: string, owner: AccountOwner): string {
  return `${targetId}.${ownerIdOf(owner)}`;
}

/** The reverse of `accountKey`: the ids of owners have no dot. */
export function fromAccountKey(key: string): Pick<Account, "targetId" | "owner"> {
  const at = key.lastIndexOf(".");
  return { targetId: key.slice(0, at), owner: toOwner(key.slice(at + 1)) };
}

const sharedId = "shared";

/** How an owner is called in rows and keys. */
export function ownerIdOf(owner: AccountOwner): string {
  return owner.kind === "person" ? owner.id : sharedId;
}

/** The reverse of `ownerIdOf`. */
export function toOwner(ownerId: string): AccountOwner {
  return ownerId === sharedId ? { kind: "shared" } : { kind: "person", id: ownerId as Id<"user"> };
}
