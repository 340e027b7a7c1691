/** Who is calling, as far as this request has proved. It holds no secret and may be logged. */
import type { Id } from "@castellan/kernel";
import type { KeptClaims } from "./issuers/kept-claims.ts";
import type { Directory } from "./people/user.ts";
import type { Role } from "./roles.ts";

export type Principal = UserPrincipal | ServicePrincipal | PublicPrincipal;

interface Known {
  /** One for each caller, of whichever kind: what sessions, tasks and limits are bound to, and what the record names. */
  readonly id: string;
  readonly name: string;
  /** What they may do with the platform, over its API. */
  readonly role: Role;
  /** What the credential that was sent lets its holder do (`scopes.ts`). Undefined: whatever the person may. */
  readonly scopes: readonly string[] | undefined;
}

/** A person, by way of a client that they let in, or of a trusted issuer. */
export interface UserPrincipal extends Known {
  readonly kind: "user";
  readonly id: Id<"user">;
  /** Lower case. */
  readonly email: string;
  readonly directory: Directory;
  /** Names of the groups of that directory that they are in, sorted. */
  readonly groups: readonly string[];
  /** What they gave the client; undefined for a token of a trusted issuer. */
  readonly grantId: Id<"grant"> | undefined;
  /** The client that calls for them, if it is known. */
  readonly clientId: string | undefined;
  /** What that client was called when they let it in, if they did. */
  readonly clientName?: string;
  /**
   * By what they signed in: the slug of a provider or of a trusted issuer, or `local`. With what follows it is of the
   * sign-in in which the client was let in; undefined where there is none of which we know.
   */
  readonly provider: string | undefined;
  /** How they proved who they are (RFC 8176). */
  readonly amr: readonly string[];
  /** When they last proved it, milliseconds since the epoch; undefined: nobody says. */
  readonly provedAtMs: number | undefined;
  /** What that provider or issuer last said of them, as far as its entry keeps it. */
  readonly claims: KeptClaims;
}

/** A program: with a service token, or a client with credentials of its own. */
export interface ServicePrincipal extends Known {
  readonly kind: "service";
  /** A service token's id (`tok_`), or a client's (`cli_`). */
  readonly id: string;
  readonly scopes: readonly string[];
}

/** Whoever comes without a token to a portal that takes such callers. */
export interface PublicPrincipal extends Known {
  readonly kind: "public";
  /** `public:` and the client's address. */
  readonly id: string;
  readonly role: "member";
  readonly scopes: undefined;
}
