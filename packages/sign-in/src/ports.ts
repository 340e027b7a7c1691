/** Where the two ways to sign in meet: accounts of the house, and providers of the company's. */
import type { Directory, User } from "@castellan/access";
import type { Context, Hono } from "hono";

/** A provider as the sign-in page offers it. */
export interface OfferedProvider {
  readonly slug: string;
  /** On its button: "Continue with {title}". */
  readonly title: string;
}

/** What providers give to the sign-in page. */
export interface SignInProviders {
  /** Mounted at `/`: `/sign-in/with/{provider}` and `/sign-in/callback/{provider}`. */
  readonly app: Hono;
  /** The enabled ones of a directory, in the order in which they are shown. */
  offered(directory: Directory): Promise<readonly OfferedProvider[]>;
}

/** Somebody has proved who they are. */
export interface Proof {
  readonly user: User;
  /** The provider's slug, or `local`. */
  readonly provider: string;
  /** Whom the provider calls them; absent: an account of the house. */
  readonly subject?: string | undefined;
  /** How they proved it (RFC 8176). */
  readonly amr: readonly string[];
  /** When they proved it: a provider may know them from before. Default: just now. */
  readonly provedAt?: Date | undefined;
  /** Where they were going: as it came, it is judged here (`return-to.ts`). */
  readonly returnTo: string | undefined;
}

/**
 * Signs them in with this browser and answers with the redirect to where they were going. The browser gets a new
 * secret, whatever it held before; who proves anew who they are stays in the session that they have.
 * Fault: `account_suspended`.
 */
export type FinishSignIn = (c: Context, proof: Proof) => Promise<Response>;

/** The query of `/sign-in` and of `/sign-in/with/{provider}`: what somebody is to sign in for. */
export interface SignInAim {
  /** A local path (`return-to.ts`). */
  readonly returnTo: string;
  readonly directory: Directory;
  /** Prove it anew, whoever is signed in already: a provider is asked with `prompt=login`. */
  readonly again: boolean;
  /** Be somebody else than who is signed in: a provider is asked to let them choose. */
  readonly other: boolean;
}
