/** What sort of account a server takes, of a person or of an admin for all. */
import { authOf, type StoredServer } from "@castellan/calls";
import { knownAuth, type Account, type AccountOwner } from "@castellan/credentials";
import { apiFaults } from "../faults.ts";

/** Undefined: none. */
export function accountSort(
  { server, state }: StoredServer,
  owner: AccountOwner["kind"],
): Account["kind"] | undefined {
  const { kind } = knownAuth({ auth: authOf(server), asksForOAuth: state.asksForOAuth ?? false });
  if (kind === "own_account") return "oauth";
  if (kind === "shared_account") return owner === "shared" ? "oauth" : undefined;
  return kind === "own_key" && owner === "person" ? "key" : undefined;
}

/** Throws `account_not_taken`. */
export function assertTakesAccount(stored: StoredServer, owner: AccountOwner["kind"]): void {
  if (accountSort(stored, owner) !== undefined) return;
  const whose = owner === "shared" ? "shared sign-in" : "accounts of people";
  const { auth, slug } = stored.server;
  throw apiFaults.fault("account_not_taken", `Server "${slug}" takes no ${whose}: its auth is ${auth.kind}`);
}
