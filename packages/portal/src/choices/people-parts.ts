/** What people have at a portal beside the tools of its servers: a choice among these, and accounts of their own there. */
import type { AccountsOfPeople } from "./accounts-of-people.ts";
import type { Choices } from "./choices.ts";

export interface PeopleParts {
  readonly choices: Pick<Choices, "meet" | "of" | "set" | "tell" | "welcome">;
  readonly accounts: AccountsOfPeople;
  /** The page on which people see their servers, choose among them and link accounts: an absolute URL. */
  readonly pageOfServers: string;
}
