/** Which linked accounts are not for a server any more once it was changed. */
import { isOAuth, type UpstreamAuth } from "@castellan/credentials";
import type { Server } from "./server.ts";

/** `people`: those of persons, while the shared one goes on. */
export type EndedAccounts = "all" | "people";

type Changed = Pick<Server, "url" | "auth">;

/**
 * Tokens go to the origin that they were given for, and are renewed by the client that got them, at its authorization
 * server. So another origin, client or authorization server ends them; and so does an auth that takes accounts of
 * another sort, or of nobody.
 */
export function endedAccounts(before: Changed, after: Changed): EndedAccounts | undefined {
  const [had, has] = [accountsOf(before.auth), accountsOf(after.auth)];
  if (had.sort === "none") return undefined;
  if (had.sort !== has.sort || new URL(before.url).origin !== new URL(after.url).origin) return "all";
  if (issuersDiffer(before.auth, after.auth) || clientOf(before.auth) !== clientOf(after.auth)) return "all";
  return had.ofPeople && !has.ofPeople ? "people" : undefined;
}

function accountsOf({ kind }: UpstreamAuth): {
  readonly sort: "oauth" | "key" | "none";
  readonly ofPeople: boolean;
} {
  if (kind === "auto" || kind === "own_account") return { sort: "oauth", ofPeople: true };
  if (kind === "shared_account") return { sort: "oauth", ofPeople: false };
  return kind === "own_key" ? { sort: "key", ofPeople: true } : { sort: "none", ofPeople: false };
}

/** Where one of them names none, an account says itself whose it is. */
function issuersDiffer(before: UpstreamAuth, after: UpstreamAuth): boolean {
  const [had, has] = [issuerOf(before), issuerOf(after)];
  return had !== undefined && has !== undefined && had !== has;
}

function issuerOf(auth: UpstreamAuth): string | undefined {
  return isOAuth(auth) ? auth.issuer : undefined;
}

function clientOf(auth: UpstreamAuth): string | undefined {
  return isOAuth(auth) ? auth.client?.id : undefined;
}
