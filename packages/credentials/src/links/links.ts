/** Everything that can be done with requests to link an account, over all replicas. */
import type { ChangeFeed, Database, RowWait } from "@castellan/database";
import type { Clock, Id } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";
import type { AccountOwner } from "../account.ts";
import type { LinkReason, LinkRequest, LinkSource } from "../link.ts";
import type { Target } from "../target.ts";
import type { LinkAccounts, LinkOAuth } from "./ports.ts";

/** What somebody is to be asked for. */
export interface NewLink {
  readonly targetId: string;
  readonly owner: AccountOwner;
  /** Who is to sign in. With a person's account that person; with the shared one the admin who asked. */
  readonly personId: Id<"user">;
  readonly reason: LinkReason;
  /** Wanted beside those that are granted already. */
  readonly scopes?: readonly string[] | undefined;
  /** The client that set it off; undefined: the person, on a page of ours. */
  readonly from?: LinkSource | undefined;
}

/** Who sits before a page: a person, and the browser session in which they are signed in, as a digest. */
export interface LinkVisitor {
  readonly personId: Id<"user">;
  /** Name or e-mail, kept with the account as who signed in. */
  readonly name: string;
  readonly browser: string;
  /** Whether they may sign in for everybody. */
  readonly isAdmin: boolean;
}

/**
 * Whatever is returned tells the state at this moment: what is overdue is `expired`, whoever swept or not. A link request
 * is only ever shown to, and settled by, its own person.
 */
export interface Links extends AsyncDisposable {
  /**
   * Asks, or finds the pending request that is the same: of this person, target, owner, client and scopes. Good for an hour.
   * Fault: `links_limited` (20 pending ones of a person, 10 at one target).
   */
  ask(link: NewLink): Promise<LinkRequest>;
  find(id: Id<"link">): Promise<LinkRequest | undefined>;
  /** Those of these that there are, in any order: one look-up. */
  findAll(ids: readonly Id<"link">[]): Promise<readonly LinkRequest[]>;
  /** Fault: `link_not_found`, also for whoever is not its person. */
  seenBy(personId: Id<"user">, id: Id<"link">): Promise<LinkRequest>;
  /**
   * Waits until it is linked, declined or expired, on whichever replica, or until the time is over: then it is answered as
   * it is, `pending`. It is `linked` too when the same account was linked by way of another request, as long as what this
   * one wants was granted. Throws the signal's reason; `link_not_found`; `shutting_down` when this replica stops.
   */
  settled(id: Id<"link">, wait: RowWait): Promise<LinkRequest>;
  /** Of one that is settled already it answers the state. Fault: `link_not_found`. */
  decline(id: Id<"link">, personId: Id<"user">): Promise<LinkRequest>;
  /**
   * What a sign-in would be: at which authorization server, for which scopes. Sends nothing to anybody but discovery.
   * Faults: `link_not_found`, `link_expired`, `link_refused` (nobody links an account of this kind there), and of discovery
   * `credentials_unavailable`, `upstream_auth_unsupported`, `upstream_auth_invalid`.
   */
  outlook(id: Id<"link">, visitor: LinkVisitor, signal: AbortSignal): Promise<LinkOutlook>;
  /**
   * Begins a sign-in in this browser: the address of the authorization server to go to. It can be begun again as long as
   * the request is pending; each beginning is good for one return, ten minutes long.
   * Faults: as `outlook`, and `upstream_client_refused`.
   */
  begin(id: Id<"link">, visitor: LinkVisitor, signal: AbortSignal): Promise<URL>;
  /**
   * The browser came back to `/links/callback/{issuerKey}`; `callback` is the whole address, with its query: checks that it
   * is the same person in the same browser session, at the redirect address of the issuer at which it began, once; redeems
   * the code and stores the account.
   * Faults: `link_not_found` (unknown, used or foreign `state`), `link_expired`, `link_declined` (`access_denied`),
   * `link_refused`, `upstream_auth_invalid`, `upstream_client_refused`, `credentials_unavailable`; with the request's id as
   * `data.linkId` where it was this person's.
   */
  finish(callback: URL, visitor: LinkVisitor, signal: AbortSignal): Promise<LinkRequest>;
  /** For `own_key`. Faults: `link_not_found`, `link_expired`, `link_refused`, `invalid_input`. */
  enterKey(id: Id<"link">, visitor: LinkVisitor, key: string): Promise<LinkRequest>;
}

export type LinkOutlook =
  | {
      readonly kind: "key";
      /** What it was said of: another one later says that the target was changed. */
      readonly mark: string;
      readonly header: string;
      readonly hint: string | undefined;
    }
  | {
      readonly kind: "oauth";
      readonly mark: string;
      readonly issuer: string;
      /** Where the browser will be sent to. */
      readonly authorizationEndpoint: URL;
      /** Undefined: none are named, the authorization server decides. */
      readonly scopes: readonly string[] | undefined;
    };

export interface LinkOptions {
  readonly database: Database;
  /** Seals what a sign-in under way has to know: its verifier and state. */
  readonly vault: Pick<Vault, "seal" | "open">;
  readonly clock: Clock;
  /** Topic `links`, keys are ids. What listens for accounts has to be there before. */
  readonly changes: Pick<ChangeFeed, "on" | "flush">;
  readonly accounts: LinkAccounts;
  readonly oauth: LinkOAuth;
  /** The target as it is now; undefined: it is gone. */
  readonly targetOf: (id: string) => Target | undefined;
  /** Told when background work fails; it goes on. */
  readonly onError: (error: unknown) => void;
  /** Default 20. */
  readonly maxPending?: number;
  /** Default 60,000. */
  readonly sweepEveryMs?: number;
  /** How often requests that somebody waits for are looked at though no change was told. Default 5,000. */
  readonly pollEveryMs?: number;
}
