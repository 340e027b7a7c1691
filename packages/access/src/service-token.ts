import type { Id } from "@castellan/kernel";
import type { Role } from "./roles.ts";

/** A service token as it is kept and shown: everything but the secret, of which only a hash exists. */
export interface ServiceToken {
  readonly id: Id<"token">;
  /** 1 to 64 characters, unique among the living. */
  readonly name: string;
  readonly role: Role;
  /** What it lets its holder do (`scopes.ts`). */
  readonly scopes: readonly string[];
  readonly createdAtMs: number;
  /** Who made it: a token's id, or the name of a part of the system. */
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

/** What a new token is made from. It is checked here, each fault naming its field. */
export interface TokenInput {
  readonly name: string;
  readonly role: Role;
  /** All of these portals. */
  readonly portals: readonly string[];
  readonly createdBy: string;
  readonly expiresAtMs?: number | undefined;
}
