/** People, as the provider asks for them each time that something is issued in their name. */
import type { User } from "@castellan/access";
import { isFault, isId } from "@castellan/kernel";
import type { Account } from "oidc-provider";
import type { People } from "../ports.ts";

export interface PersonAccount extends Account {
  readonly user: User;
}

/** Undefined for whoever is gone or suspended: their clients get nothing any more. */
export async function findAccount(people: People, id: string): Promise<PersonAccount | undefined> {
  if (!isId("user", id)) return undefined;
  const user = await people.get(id).catch((error: unknown) => {
    if (isFault(error, "user_not_found")) return undefined;
    throw error;
  });
  if (user?.status !== "active") return undefined;
  return { accountId: user.id, user, claims: () => ({ sub: user.id }) };
}
