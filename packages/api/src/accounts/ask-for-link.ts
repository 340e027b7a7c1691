import type { Principal, UserPrincipal } from "@castellan/access";
import type { StoredServer } from "@castellan/calls";
import type { AccountOwner, LinkRequest, LinkSource } from "@castellan/credentials";
import { apiFaults } from "../faults.ts";
import type { ApiPorts } from "../ports.ts";
import { assertTakesAccount } from "./account-sort.ts";

export interface WantedLink {
  readonly server: StoredServer;
  readonly owner: AccountOwner;
  readonly by: UserPrincipal;
  /** Wanted beside those that are granted already. */
  readonly scopes?: readonly string[] | undefined;
}

/** A request to sign in, or the same one again. Throws `account_not_taken`, `links_limited`. */
export async function askForLink(
  { server, owner, by, scopes = [] }: WantedLink,
  { accounts, links, changes }: Pick<ApiPorts, "accounts" | "links" | "changes">,
): Promise<LinkRequest> {
  assertTakesAccount(server, owner.kind);
  const targetId = server.server.id;
  const linked = await accounts.find(targetId, owner);
  const reason = !linked ? "not_linked" : scopes.length > 0 ? "scope" : "needs_sign_in";
  const asked = await links.ask({ targetId, owner, personId: by.id, reason, scopes, from: clientOf(by) });
  await changes.flush();
  return asked;
}

/** What the page tells: a program that may use the API for somebody is not that person. */
function clientOf({ clientId, clientName }: UserPrincipal): LinkSource {
  return { clientId, clientName: clientName ?? clientId ?? "unknown", portal: undefined };
}

/** Throws `person_wanted`. */
export function getPerson(principal: Principal): UserPrincipal {
  if (principal.kind === "user") return principal;
  throw apiFaults.fault("person_wanted", "Programs cannot sign in at a server: a person does, in a browser");
}
