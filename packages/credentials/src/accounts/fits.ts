/** Whether what an account has may be sent to a target as it is configured now. */
import { speaksFor } from "../oauth/resource.ts";
import type { Target } from "../target.ts";
import type { Holding } from "./account-row.ts";

/** An account that was made for another place, authorization server, client or kind of auth is of no use, and is not sent there. */
export function fits({ account, clientId, origin, resource }: Holding, target: Target): boolean {
  if (origin !== originOf(target)) return false;
  // At one origin there may be servers of several parties: what was made out to one is not for the others (RFC 8707).
  if (resource !== undefined && !speaksFor(resource, target.url)) return false;
  const { auth } = target;
  // What was found out of an `auto` target may be unknown for a while; that ends no account.
  if (auth.kind === "auto") return account.kind === "oauth";
  if (auth.kind === "own_key") return account.kind === "key";
  if (auth.kind !== "own_account" && auth.kind !== "shared_account") return false;
  if (account.kind !== "oauth") return false;
  if (auth.issuer !== undefined && auth.issuer !== account.issuer) return false;
  return auth.client === undefined || auth.client.id === clientId;
}

export function originOf({ url }: Target): string {
  return new URL(url).origin;
}
