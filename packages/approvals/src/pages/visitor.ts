/** Who looks at the pages: somebody who is signed in with this browser. */
import type { Context } from "hono";
import type { Person } from "../approval.ts";

export interface Visitor {
  readonly person: Person;
  readonly session: {
    readonly id: string;
    /** How they last proved who they are (RFC 8176): of that one proof. */
    readonly amr: readonly string[];
    /** When they last proved it. */
    readonly authenticatedAt: Date;
  };
}

/** How people come in, as these pages need it. */
export interface Visitors {
  /** Nobody whose session has ended or who is suspended. */
  current(c: Context): Promise<Visitor | undefined>;
  /**
   * The local address at which somebody signs in and then comes back to `returnTo`, a local path. `directory`: as whom;
   * `again`: with a proof made now; `other`: as somebody else than who is signed in.
   */
  signInPath(returnTo: string, options?: SignInPathOptions): string;
}

export interface SignInPathOptions {
  readonly directory?: "workforce" | "customers";
  readonly again?: boolean;
  readonly other?: boolean;
}
