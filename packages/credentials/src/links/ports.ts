/** What linking needs of the rest: where accounts are kept, and how a sign-in at another server goes. */
import type { Accounts } from "../accounts/accounts.ts";
import type { OAuth } from "../oauth/oauth.ts";

export type LinkAccounts = Pick<Accounts, "find" | "link" | "unlink">;

export type LinkOAuth = Pick<
  OAuth,
  "planAuthorization" | "beginAuthorization" | "finishAuthorization" | "revoke"
>;
