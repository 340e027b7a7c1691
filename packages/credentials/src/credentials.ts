/**
 * What requests to upstreams are authorized with, whatever their kind of auth: the one door for those who call.
 *
 * A call asks `prepare` first, which throws before anything was sent where somebody must sign in, and then sends with
 * `of(target, owner)`. What it opens at the target (a connection, a session, a watch) is kept under `identityOf`, never used
 * under another one, and ended when `onChange` says that it is another one now.
 */
import type { Account, AccountOwner } from "./account.ts";
import type { Accounts } from "./accounts/accounts.ts";
import type { Identity } from "./identity/identity.ts";
import type { Links } from "./links/links.ts";
import type { OAuth } from "./oauth/oauth.ts";
import type { Owner } from "./owner.ts";
import type { RequestCredentials } from "./request-credentials.ts";
import type { RefusedSecrets } from "./secrets/refused-secrets.ts";
import type { Target } from "./target.ts";

export interface Credentials extends AsyncDisposable {
  /** Cheap: holds nothing, asks nobody. */
  of(target: Target, owner: Owner): RequestCredentials;
  /**
   * Ahead of a call: gets or refreshes what it will be sent with, so that nobody is asked in the midst of it. Nothing for a
   * target without credentials, and no query where a good token is at hand.
   * Throws `link_required` (`data: { server, reason, scopes? }`: its slug, a `LinkReason`), `credentials_person_only`,
   * `credentials_missing`, `credentials_unavailable`, `identity_refused`, `upstream_client_refused`,
   * `upstream_auth_unsupported`, `upstream_auth_invalid`.
   */
  prepare(target: Target, owner: Owner, signal: AbortSignal): Promise<void>;
  /**
   * As whom the target knows the requests: equal while it is the same link of the same account (refreshes do not change it),
   * or the same person where a token says who calls, and `house` where all come alike. Not secret; not for the wire.
   */
  identityOf(target: Target, owner: Owner): Promise<string>;
  /** The linked account that the owner's requests are made with; undefined: there is none, or they go without. */
  accountOf(target: Target, owner: Owner): Promise<Account["id"] | undefined>;
  /**
   * Whether the owner could ever call the target, by kind alone: false for programs and the public where each person has an
   * account of their own. What `prepare` throws is `credentials_person_only` then.
   */
  isOpenTo(target: Target, owner: Owner): boolean;
  /**
   * Told after an account was linked, linked anew or unlinked, in this replica or another one; never for a refresh. `owner`
   * `shared` is that of the house, and of all where everybody calls with it. Returns how to stop.
   */
  onChange(listener: (change: AccountChange) => void): () => void;
  /**
   * An `auto` target answered 401: whether it wants OAuth, which makes it one with own accounts (`Target.asksForOAuth`).
   * Throws `credentials_unavailable` where that could not be found out now, `upstream_auth_invalid`.
   */
  asksForOAuth(target: Target, challenge: string | undefined, signal: AbortSignal): Promise<boolean>;

  readonly accounts: Accounts;
  readonly links: Links;
  readonly oauth: OAuth;
  /** Whose keys servers check identity tokens with; `createIdentityMetadata` publishes them. */
  readonly identity: Identity;
  readonly refusedSecrets: RefusedSecrets;
}

export interface AccountChange {
  readonly targetId: string;
  readonly owner: AccountOwner;
  /** What `identityOf` says from now on: whatever was opened under another one is over. */
  readonly identity: string;
}
