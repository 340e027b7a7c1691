/** A request to link an account: what sent somebody to the page, and what came of it. */
import type { Id } from "@castellan/kernel";
import type { AccountOwner } from "./account.ts";

export interface LinkRequest {
  readonly id: Id<"link">;
  readonly targetId: string;
  /** Whose account it is to be. */
  readonly owner: AccountOwner;
  /** Who is to do it: the person, or the admin who asked for the shared one. Nobody else sees the page. */
  readonly personId: Id<"user">;
  readonly reason: LinkReason;
  /** Scopes that are wanted beside those that are granted already (403 `insufficient_scope`). */
  readonly scopes: readonly string[];
  /** What set it off: a client by the name that it gives itself, and the portal; undefined: the person, on the page. */
  readonly from: LinkSource | undefined;
  readonly state: LinkState;
  readonly askedAt: Date;
  readonly expiresAt: Date;
}

export interface LinkSource {
  readonly clientId: string | undefined;
  readonly clientName: string;
  /** The portal's slug; undefined: it did so by the API. */
  readonly portal: string | undefined;
}

export const linkReasons = ["not_linked", "needs_sign_in", "scope"] as const;
export type LinkReason = (typeof linkReasons)[number];

/** A failed attempt leaves it pending: the person can try again. */
export const linkStates = ["pending", "linked", "declined", "expired"] as const;
export type LinkState = (typeof linkStates)[number];

/** The topic of the change log under which link requests are told; keys are their ids. */
export const linksTopic = "links";
