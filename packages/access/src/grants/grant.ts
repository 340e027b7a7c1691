/** What a person allowed a client to do for them, at one portal or at the API. It ends as a whole. */
import type { Id } from "@castellan/kernel";

export interface Grant {
  readonly id: Id<"grant">;
  readonly userId: Id<"user">;
  readonly clientId: string;
  /** What the client called itself when it was let in: a stranger's text. */
  readonly clientName: string;
  /** The slug of the portal that its tokens are for; undefined: the API. */
  readonly portal: string | undefined;
  /** As the person agreed to them (`scopes.ts`). */
  readonly scopes: readonly string[];
  /** The session in which it was given. */
  readonly signInId: Id<"signIn">;
  /** By what they had signed in there: the slug of a provider, or `local`. */
  readonly provider: string | undefined;
  /** How they last proved who they are, there or for this grant since (RFC 8176). */
  readonly amr: readonly string[];
  /** When they did. */
  readonly provedAt: Date | undefined;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** Exact to about a minute. */
  readonly lastUsedAt: Date | undefined;
  readonly endedAt: Date | undefined;
}
