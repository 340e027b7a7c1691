/** Linked accounts: what is kept of them, what may be done with them, and what they stand on. */
import type { ChangeFeed, Database, Queryable } from "@castellan/database";
import type { Clock, Id } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";
import type { Account, AccountOwner, AccountTokens } from "../account.ts";
import type { OAuth } from "../oauth/oauth.ts";
import type { Target } from "../target.ts";

export interface Accounts {
  /** As it is; undefined: not linked. From memory as long as the change feed is fresh. */
  find(targetId: string, owner: AccountOwner): Promise<Account | undefined>;
  /** Throws `account_not_found`. */
  get(id: Id<"account">): Promise<Account>;
  /** All of a person, those used last first; at most 500. */
  ofPerson(personId: Id<"user">): Promise<Account[]>;
  /** All at a target, by id; the next page begins after the last one's id. */
  ofTarget(targetId: string, page: AccountPage): Promise<Account[]>;
  /** The shared ones, of all targets; at most 1,000. */
  shared(): Promise<Account[]>;

  /**
   * What to authorize a request with, now: refreshed if it has expired, and ahead of that beside the request.
   * Throws `link_required` (nobody signed in, or has to again), `credentials_unavailable` (expired, and the
   * authorization server fails; `data.retryAt`), `upstream_client_refused` (expired, and it refuses this installation's client).
   */
  usable(target: Target, owner: AccountOwner, signal: AbortSignal): Promise<UsableAccount>;
  /**
   * The target refused what `usable` gave. `retry`: there is something newer; `final`: nothing can be done.
   * Throws as `usable` does, `link_required` for scopes that were never asked for too.
   */
  refused(
    target: Target,
    owner: AccountOwner,
    refusal: AccountRefusal,
    signal: AbortSignal,
  ): Promise<"retry" | "final">;

  /**
   * Keeps what a sign-in gave, in the transaction that settles it; an account that is there already becomes this one.
   * What replicas hold in memory is dropped when that commits.
   */
  link(tx: Queryable, account: NewAccount): Promise<Account>;
  /**
   * Forgets an account; its tokens are revoked soon after. `owner`: of this one only.
   * Throws `account_not_found`.
   */
  unlink(id: Id<"account">, owner?: AccountOwner): Promise<Account>;
  /** In the transaction that removes a target, or makes it another one: its accounts are ended, or those of people only. */
  forgetTarget(tx: Queryable, targetId: string, whose?: "all" | "people"): Promise<void>;
  /** In the transaction that removes or suspends a person: their accounts are ended. */
  forgetPerson(tx: Queryable, personId: Id<"user">): Promise<void>;

  /** Called with the keys (`accountKey`) of accounts that changed in any replica; "all": any may have. Returns how to stop. */
  onChange(listener: (keys: readonly string[] | "all") => void): () => void;
}

export interface AccountsOptions {
  readonly database: Database;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly changes: ChangeFeed;
  /** Names this replica in leases. */
  readonly replica: string;
  readonly oauth: Pick<OAuth, "refresh" | "revoke">;
  readonly targets: AccountTargets;
  readonly people: AccountPeople;
  /**
   * A shared account stopped working, in the transaction that says so: it needs a sign-in, or one for more scopes, this
   * installation's client was refused, or it has failed many times in a row. Told once until it works again.
   */
  readonly onSharedFailing?: (tx: Queryable, account: Account) => Promise<void>;
  /** Told of what fails beside requests; it goes on. */
  readonly onError: (error: unknown) => void;
  /** Between 0 and 1, for spreading tries. Default `Math.random`. */
  readonly random?: () => number;
  /** How often what is due is looked for. Default 15,000. */
  readonly sweepEveryMs?: number;
  /** How often a refresh of another replica is looked at, beside what the change log says. Default 1,000. */
  readonly pollEveryMs?: number;
  /** How long a request waits for a refresh. Default 10,000. */
  readonly waitMs?: number;
}

export interface AccountTargets {
  /** The target as it is configured. While it is being removed it is still found. */
  find(id: string): Target | undefined | Promise<Target | undefined>;
}

export interface AccountPeople {
  /** Those of the ids who are there and not suspended. */
  activeAmong(ids: readonly string[]): Promise<ReadonlySet<string>>;
}

export interface AccountPage {
  readonly after?: Id<"account"> | undefined;
  readonly limit: number;
}

export interface UsableAccount {
  readonly account: Account;
  /** The access token or key. */
  readonly token: string;
}

export interface AccountRefusal {
  /** The token that was sent. */
  readonly sent: string;
  /** Of a 403 `insufficient_scope`: what the target wants. Absent: it was a 401. */
  readonly scopes?: readonly string[] | undefined;
}

/** An account that was signed in to just now. */
export interface NewAccount {
  readonly target: Target;
  readonly owner: AccountOwner;
  readonly tokens: AccountTokens;
  /** Of an `oauth` one. */
  readonly issuer: string | undefined;
  readonly clientId: string | undefined;
  /** The `resource` of the authorization; undefined: none was sent. */
  readonly resource?: string | undefined;
  /** Granted. */
  readonly scopes: readonly string[];
  /** Asked for. Default: as granted. */
  readonly askedScopes?: readonly string[] | undefined;
  readonly linkedBy: string;
  readonly linkedFrom: string | undefined;
}
