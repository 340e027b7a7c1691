/** How one kind of auth is met. Each kind is a row in the table of strategies; whoever asks never looks at which one it has. */
import type { AccountOwner } from "../account.ts";
import type { KnownAuth } from "../auth/upstream-auth.ts";
import type { Owner } from "../owner.ts";
import type { RequestCredentials } from "../request-credentials.ts";
import type { Target } from "../target.ts";

export interface Strategy<Auth extends KnownAuth> {
  /** Whether the owner could ever use a target of this kind. The rest is asked only then. */
  isOpenTo(owner: Owner, auth: Auth): boolean;
  /** As whom the target knows the owner's requests; where that is an account, whose. */
  knownAs(owner: Owner, auth: Auth): KnownAs;
  of(target: Target, owner: Owner, auth: Auth): RequestCredentials;
  /** What goes along is made for each request, and cannot fail for want of anything. */
  readonly isMadeAnew?: true;
}

export type KnownAs =
  | { readonly kind: "account"; readonly owner: AccountOwner }
  | { readonly kind: "named"; readonly name: string };

/** What all requests are known as where they all come alike. */
export const asInstallation: KnownAs = Object.freeze({ kind: "named", name: "house" });
