/** What a portal tells of people's accounts at its servers. */
import { targetOf, type CatalogServer } from "@castellan/calls";
import { knownAuth, type Accounts } from "@castellan/credentials";
import type { Id } from "@castellan/kernel";

/** `needs_sign_in`: it is linked, and what it had was refused for good. */
export type AccountStanding = "linked" | "not_linked" | "needs_sign_in";

export interface AccountsOfPeople {
  /** By id, for those of these servers at which each person has an account of their own. */
  standingsOf(
    personId: Id<"user">,
    servers: readonly CatalogServer[],
  ): Promise<ReadonlyMap<string, AccountStanding>>;
}

export function createAccountsOfPeople(accounts: Pick<Accounts, "find">): AccountsOfPeople {
  return {
    async standingsOf(personId, servers) {
      const owner = { kind: "person", id: personId } as const;
      const wanting = servers.filter(wantsOwnAccount);
      return new Map(
        await Promise.all(
          wanting.map(async ({ server: { id } }): Promise<[string, AccountStanding]> => {
            const account = await accounts.find(id, owner);
            return [id, account?.state ?? "not_linked"];
          }),
        ),
      );
    },
  };
}

function wantsOwnAccount(server: CatalogServer): boolean {
  const { kind } = knownAuth(targetOf(server));
  return kind === "own_account" || kind === "own_key";
}
