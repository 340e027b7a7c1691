import type { Queryable } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import type { Role } from "../roles.ts";
import type { ToolClass } from "../tool-class.ts";

/** A service token as it is kept and shown: everything but the secret, of which only a hash exists. */
export interface ServiceToken {
  readonly id: Id<"token">;
  /** 1 to 64 characters, unique among the living. */
  readonly name: string;
  /** What it lets its holder do with the platform, over the API. */
  readonly role: Role;
  /** What it lets its holder do at portals (`scopes.ts`), sorted. */
  readonly scopes: readonly string[];
  /** Grows with each change that somebody makes to it. */
  readonly version: number;
  readonly createdAtMs: number;
  /** Who made it: a person's or token's id, or the name of a part of the system. */
  readonly createdBy: string;
  readonly expiresAtMs?: number;
  readonly revokedAtMs?: number;
  /** Exact to about a minute. */
  readonly lastUsedAtMs?: number;
}

/** A token at its birth: the only time that the secret is to be had. */
export interface CreatedToken {
  readonly token: ServiceToken;
  /** What the client sends as bearer token. */
  readonly secret: string;
}

/** What a token may do at portals: scopes as they are, or in short, classes at all servers of whole portals. Both add up. */
export interface TokenScopes {
  /** Of portals and servers; a server's need a portal's beside them, through which it is reached. */
  readonly scopes?: readonly string[] | undefined;
  /** Slugs of portals at which it may do `allow`. */
  readonly portals?: readonly string[] | undefined;
  /** Default reading only. */
  readonly allow?: readonly ToolClass[] | undefined;
}

/**
 * Told which portals and servers a token is to name, in the transaction that writes it; it throws where one is not
 * there, and sees to it that none goes before the end.
 */
export type HoldNamed = (
  tx: Queryable,
  named: { readonly portals: readonly string[]; readonly servers: readonly string[] },
) => Promise<void>;

/** What a new token is made from. It is checked here, each fault naming its field. */
export interface TokenInput extends TokenScopes {
  readonly name: string;
  readonly role: Role;
  readonly createdBy: string;
  readonly expiresAtMs?: number | undefined;
}

/** What is absent stays; naming `scopes` or `portals` replaces all scopes. Null: it does not expire. */
export interface TokenChange extends TokenScopes {
  readonly name?: string | undefined;
  readonly expiresAtMs?: number | null | undefined;
}
